"""What the load was told is done: everything in here must be found again, and must not be possible a second time."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.people import Person
from tests.relying_party import Pending, Tokens


@dataclass
class Login:
    """One login at the service by OpenID Connect, as far as it was acknowledged."""

    person: Person
    pending: Pending
    code: str
    tokens: list[Tokens] = field(default_factory=list)  # in the order in which each replaced the last
    is_known: bool = True  # False once an answer was lost: the newest tokens may be others


@dataclass
class Ledger:
    """Acknowledged, and nothing else."""

    logins: list[Login] = field(default_factory=list)
    codes: list[tuple[Person, str]] = field(default_factory=list)  # one-time codes that let somebody in
    sessions: list[dict[tuple[str, str, str], object]] = field(
        default_factory=list
    )  # cookies of those signed in
    ended: list[dict[tuple[str, str, str], object]] = field(default_factory=list)  # of those signed out
    requests: list[tuple[Person, str]] = field(
        default_factory=list
    )  # addresses of SAML requests that were answered
    disabled: list[Person] = field(default_factory=list)
    lost_answers: int = (
        0  # a retry was refused, as it must be: the first had been done and its answer got lost
    )
    begun_again: int = 0  # operations that somebody began anew because of that
