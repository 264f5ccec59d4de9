"""Everything a rule may look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Final

from storage.quick import quick
from storage.records import User

MULTIPLE: Final = "multiple"  # in place of a factor: one such proof is of two


@quick
@dataclass(frozen=True, slots=True)
class Given:
    """A proof that stands: given in this login, or in the session on which it builds."""

    authenticator: str
    age: int = 0  # seconds
    factor: str = (
        ""  # knowledge, possession, inherence or multiple; empty for one that is not configured any more
    )
    model: str = ""  # of a passkey: its AAGUID, as lower-case hexadecimal with hyphens


@quick
@dataclass(frozen=True, slots=True)
class Attempt:
    """Someone wants into a service through a door, now, from an address.

    A door says the first four; `idp.flow.gathering` finds out the others, each only where some rule looks at it.
    """

    protocol: str  # the door: oidc, saml, radius, portal, console
    service: str
    address: IPv4Address | IPv6Address
    at: int  # epoch seconds
    user: User | None = None  # of him, rules look at groups and no more
    proofs: tuple[Given, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)  # of the user's, those that rules look at
    country: str = ""  # ISO 3166-1 alpha-2; empty where nobody knows it
    known: bool = False  # the user signed in before with this browser
    certificate: bool = False  # the browser has shown a client certificate that a trusted proxy verified
    exposures: int = 0  # logins with the user's pattern that others could have seen
    requests: Mapping[str, int] = field(default_factory=dict)  # with this one, by `Requests.key`
    session: bool = False  # a session of the user's stood, with which `allow` is content

    @property
    def groups(self) -> frozenset[str]:
        """Those of the user; nobody has none."""
        return self.user.groups if self.user else frozenset()
