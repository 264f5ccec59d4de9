"""An attempt that somebody imagines: what `idp policy explain` and the console ask the rules about."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, datetime, tzinfo
from ipaddress import IPv4Address, IPv6Address
from typing import Final
from uuid import UUID

from idp.assurance import factor
from idp.authenticators import Authenticator
from idp.config.rule_names import OWN_DOORS
from idp.flow import exposure
from idp.flow.gathering import counted, looked_at
from idp.policy import Attempt, Given, Rules
from idp.tenant import CountryOf
from storage import Transaction
from storage.records import User

PASSKEY: Final = "passkey"
LONGEST_AGE: Final = 10  # digits: three hundred years


@dataclass(frozen=True, slots=True)
class Supposed:
    """What is to be said of it, since no database knows it: where, whence, when, and in what browser."""

    service: str
    door: str
    address: IPv4Address | IPv6Address
    at: int  # epoch seconds
    proofs: Mapping[str, int] = field(default_factory=dict)  # what the session has proven, seconds ago
    model: str = ""  # of a passkey, which is one more proof
    known: bool = False
    certificate: bool = False

    @property
    def given(self) -> Mapping[str, int]:
        """The proofs, with the passkey of that model."""
        if not self.model:
            return self.proofs
        return {**self.proofs, PASSKEY: self.proofs.get(PASSKEY, 0)}


async def suppose(
    tx: Transaction,
    user: User,
    supposed: Supposed,
    rules: Rules,
    authenticators: Mapping[str, Authenticator],
    country_of: CountryOf,
    now: int,
) -> Attempt:
    """The attempt with what a login would find out, as far as the database knows it now; nothing is counted.

    `authenticators` are those of `supposed.given`, at least.
    """
    given = tuple(
        Given(name, age, factor(authenticators[name]), supposed.model if name == PASSKEY else "")
        for name, age in supposed.given.items()
    )
    attempt = Attempt(
        supposed.door,
        supposed.service,
        supposed.address,
        supposed.at,
        user,
        given,
        session=bool(given),
        attributes=looked_at(user, rules.needs.attributes),
        country=country_of(supposed.address),
        known=supposed.known,
        certificate=supposed.certificate,
        exposures=await exposure.logins(tx, user),
    )
    requests = await counted(tx, attempt, rules.needs.requests, user.login_name, now, count=False)
    return dataclasses.replace(attempt, requests=requests)


def door_of(service: str, doors: Mapping[str, str]) -> str | None:
    """By which door one enters it, `doors` being those of services; None for a service that nobody knows."""
    return doors.get(service) or OWN_DOORS.get(service)


def moment(text: str, zone: tzinfo) -> int:
    """Epoch seconds of a time such as `2027-01-31 09:00`, on these clocks. Raises ValueError."""
    at = datetime.fromisoformat(text)
    if not MINYEAR < at.year < MAXYEAR:  # on other clocks it may be a year that none of them has
        raise ValueError("must be a year that every clock has")
    return int((at if at.tzinfo else at.replace(tzinfo=zone)).timestamp())


def proof(text: str) -> tuple[str, int]:
    """An authenticator, and how many seconds ago it was passed: `matrix` or `matrix=3600`. Raises ValueError."""
    name, _, age = text.partition("=")
    if age and not (age.isdecimal() and age.isascii() and len(age) <= LONGEST_AGE):
        raise ValueError("must be a name, or a name and seconds, for example matrix=3600")
    return name, int(age or 0)


def model(text: str) -> str:
    """The AAGUID of a passkey as rules write it. Raises ValueError."""
    return str(UUID(text))
