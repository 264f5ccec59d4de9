"""Certificates of another authority: which user one belongs to, and whether it was revoked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import structlog

from idp import attributes
from idp.username import canonical
from keys.certificate import Authorities, Certificate
from keys.certificate_names import Kind
from keys.revocation_list import RevocationLists
from storage import Transaction
from storage.records import User

LARGEST: Final = 32 * 1024 * 1024  # bytes of a file

_log = structlog.get_logger()


@dataclass(slots=True)
class External:
    """One entry of `external`. Its list of revoked certificates is read again whenever the file has changed."""

    authorities: Authorities
    crl: Path | None
    kind: Kind
    suffix: str
    attribute: str
    _lists: tuple[object, RevocationLists | None] = field(default=(None, None), repr=False)

    def judge(self, certificate: Certificate, now: int) -> Literal["revoked", "stale"] | None:
        """Why it does not count, as far as the list says: `revoked`, or `stale` where nobody knows."""
        if self.crl is None:
            return None
        lists = self._read(self.crl)
        return lists.judge(certificate, now) if lists else "stale"

    async def belongs_to(self, tx: Transaction, certificate: Certificate, user: User) -> bool:
        """Whether one of its names is the user's, and his alone."""
        found = certificate.names(self.kind)
        match self.kind:
            case "email":
                return await _has_address(tx, found, user)
            case "serial":
                return _plain(str(attributes.of(user).get(self.attribute, ""))) in found
        names = (name.removesuffix(self.suffix) for name in found if name.endswith(self.suffix))
        return user.login_name in map(canonical, names)

    def _read(self, file: Path) -> RevocationLists | None:
        """A file that cannot be understood revokes everything: one that was good may be in the making."""
        try:
            status = file.stat()
            state = status.st_mtime_ns, status.st_size, status.st_ino
            if state != self._lists[0]:
                self._lists = state, RevocationLists.read(file.read_bytes(), self.authorities)
        except (OSError, ValueError) as error:
            _log.error("certificate.crl.unreadable", file=str(file), error=str(error))
            return None
        return self._lists[1]


async def _has_address(tx: Transaction, addresses: tuple[str, ...], user: User) -> bool:
    """An address that two people share says of nobody who he is."""
    for address in addresses:
        owners = await tx.users.list_by_email(address, limit=2)
        if [owner.id for owner in owners] == [user.id]:
            return True
    return False


def _plain(serial: str) -> str:
    """As it is often written: with colons, capitals and zeros before it."""
    return serial.replace(":", "").replace(" ", "").lower().removeprefix("0x").lstrip("0")
