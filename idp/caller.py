"""Who is at the other end of the wire, as far as the wire tells."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from keys.certificate import Certificate
from keys.secret import Secret
from keys.token import hash_token
from storage.quick import quick


@quick
@dataclass(frozen=True, slots=True)
class Caller:
    """A browser or a NAS. `browser` binds a login to where it began; `session` is what it claims to have.

    `address` is the user's, as rules see it: 0.0.0.0, which is in no network of theirs, where nobody knows it. Then
    `through` may say who spoke for him; it is for the audit log alone. `device` is what a browser has kept that
    claims to be known (`idp.flow.known_devices`), `keeps` whether it keeps what it is given; `trusted` is the word of
    the door that nobody looks on where he types. `certificate` is what his browser has shown: TLS knows that it has the
    key, and nothing else; `certified`, that it is one of the tenant's own devices.
    """

    address: IPv4Address | IPv6Address
    browser: Secret
    session: Secret | None = None
    user_agent: str = ""
    request_id: str = ""
    through: str = ""
    device: Secret | None = None
    keeps: bool = False
    trusted: bool = False
    certified: bool = False
    certificate: Certificate | None = None

    @property
    def browser_hash(self) -> bytes:
        return hash_token(self.browser)

    @property
    def whence(self) -> str:
        """What the audit log has in the place of an address, never to be taken for the user's: `nas 192.0.2.1`."""
        return self.through if self.through and not int(self.address) else str(self.address)
