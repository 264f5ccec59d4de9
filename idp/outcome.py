"""How a login can stand: challenged, accepted or rejected. RADIUS named these first (RFC 2865 §2)."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from idp.policy.verdict import Consent
from keys.secret import Secret
from storage.quick import quick
from storage.records import Proof, User


@quick
@dataclass(frozen=True, slots=True)
class Resume:
    """Which door began the login, and its own request, to go on with once the user is proven."""

    door: str
    request: Mapping[str, Any]


@quick
@dataclass(frozen=True, slots=True)
class Authentication:
    """Who was proven, how and when: what each door turns into its own token."""

    user: User
    sid: str  # names the session to services; not the browser's secret. Empty where none is kept
    amr: tuple[str, ...]  # RFC 8176
    acr: str
    proofs: tuple[Proof, ...]  # all that the session holds, those that this service did not ask for too
    auth_time: int  # of the oldest proof that counts, so that a maximum age is never stretched
    expires_at: int  # when the session ends at the latest
    rule: str = ""  # that let him in; what it wants besides stands in the next three
    consent: Consent | None = None  # OpenID Connect: he is asked for it, whatever the service says
    claims: Mapping[str, Any] = field(default_factory=dict)  # told to the service beside its own
    reply: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # RADIUS attributes, by name


class Reason(enum.Enum):
    """Why a login ended without success: for the audit log. Pages never tell unknown from wrong."""

    DENIED = "denied"
    LOCKED = "locked"
    EXPIRED = "expired"
    REFUSED = "refused"  # a wrong answer, at a door that cannot simply ask again
    FOREIGN = "foreign"  # begun in another browser


@dataclass(frozen=True, slots=True)
class Why:
    """Why more is asked of somebody who has proven something, or why he is kept out."""

    because: tuple[str, ...] = ()  # circumstances, as `idp.policy.reasons` calls them
    text: Mapping[str, str] | None = None  # the rule's own words, by language


@quick
@dataclass(frozen=True, slots=True)
class Challenge:
    """Ask this of the user. `authenticator` also names the template that asks it (`username` first)."""

    interaction_id: str
    step: str
    authenticator: str
    prompt: Mapping[str, Any]
    service: str
    resume: Resume
    username: str | None = None
    retry: bool = False  # the answer before was wrong
    stale: bool = False  # the answer before was not evaluated: its question had been replaced or had expired
    last_try: bool = False  # one more wrong answer locks
    unreachable: bool = False  # the answer before could not be looked at: what knows it does not answer
    other: bool = False  # a recovery code may be given instead
    options: tuple[str, ...] = ()  # other authenticators that may be answered instead
    why: Why | None = None  # more is asked than was proven; None before anything is


@quick
@dataclass(frozen=True, slots=True)
class Accept:
    """Proven and allowed. `session_secret` is new whenever trust rose: the door gives it to the browser.

    So it does with `device_secret`, by which the browser is known again. `told` is what a door writes down of the
    decision that writes `login.accepted` itself.
    """

    authentication: Authentication
    resume: Resume
    session_secret: Secret | None = None
    device_secret: Secret | None = None
    service: str = ""  # whose login it was; empty where a session was enough
    told: Mapping[str, Any] = field(default_factory=dict)


@quick
@dataclass(frozen=True, slots=True)
class Reject:
    """Refused. `until` is when a lock ends (epoch seconds); `reference` finds the audit record.

    `interaction_id` is of a login that goes on then.
    """

    reason: Reason
    service: str = ""
    username: str | None = None
    until: int | None = None
    reference: str = ""
    message: Mapping[str, str] | None = None  # the rule's own words, by language
    because: tuple[
        str, ...
    ] = ()  # circumstances for which the rules say no, as `idp.policy.reasons` calls them
    is_portal_closed: bool = False  # the portal would deny as well: nobody should be sent there
    interaction_id: str = ""


Outcome = Challenge | Accept | Reject
