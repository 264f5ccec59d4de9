"""Everything a rule may look at."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from storage.records import User


@dataclass(frozen=True, slots=True)
class Attempt:
    """Someone wants into a service through a door, now, from an address."""

    protocol: str  # the door: oidc, saml, radius, portal
    service: str
    address: IPv4Address | IPv6Address
    at: int  # epoch seconds
    user: User | None = None
