"""Who is at the other end of the wire, as far as the wire tells."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from keys.secret import Secret
from keys.token import hash_token


@dataclass(frozen=True, slots=True)
class Caller:
    """A browser or a NAS. `browser` binds a login to where it began; `session` is what it claims to have."""

    address: IPv4Address | IPv6Address
    browser: Secret
    session: Secret | None = None
    user_agent: str = ""
    request_id: str = ""

    @property
    def browser_hash(self) -> bytes:
        return hash_token(self.browser)
