"""Where one authenticator keeps its credentials: sealed for one row, and a decoy for those who have none."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from keys.seal import Unsealable, Vault
from keys.token import new_id
from storage import Transaction
from storage.quick import quick
from storage.records import Credential, User

TABLE = "credentials"
NOBODY = User("", "", 0)

_log = structlog.get_logger()


@quick
@dataclass(frozen=True, slots=True)
class Held:
    """A credential and what was sealed in it. One that is not genuine is compared, and never believed."""

    credential: Credential
    content: bytes = dataclasses.field(repr=False)
    genuine: bool = True


class Safe:
    """The credentials of one tenant for one authenticator."""

    __slots__ = ("_authenticator", "_decoy", "_vault")

    def __init__(self, vault: Vault, authenticator: str, decoy: bytes) -> None:
        """`decoy` is the content of a credential that nobody holds, shaped like a real one."""
        self._vault = vault
        self._authenticator = authenticator
        self._decoy = self.seal(NOBODY, decoy, 0)

    async def open(self, tx: Transaction, user: User | None) -> Sequence[Held]:
        """What the user holds, oldest first; never empty: having nothing costs as much as having one."""
        sealed = await tx.credentials.list((user or NOBODY).id, self._authenticator)
        opened = [held for credential in sealed if (held := self._open(credential))]
        return opened or [self.decoy()]

    def decoy(self) -> Held:
        """A credential that nobody holds, opened: at the cost of any other."""
        return Held(self._decoy, self.unseal(self._decoy), genuine=False)

    def seal(self, user: User, content: bytes, now: int) -> Credential:
        """A new credential, not yet stored."""
        empty = Credential(new_id(), user.id, self._authenticator, b"", now, now)
        return self.reseal(empty, content, now)

    def reseal(self, credential: Credential, content: bytes, now: int) -> Credential:
        """The same credential with other content, not yet stored."""
        sealed = self._vault.seal(content, *_place(credential))
        return dataclasses.replace(credential, sealed=sealed, changed_at=now)

    def unseal(self, credential: Credential) -> bytes:
        """What was sealed. Raises `keys.seal.Unsealable` for a row that was altered or moved."""
        return self._vault.open(credential.sealed, *_place(credential))

    def _open(self, credential: Credential) -> Held | None:
        try:
            return Held(credential, self.unseal(credential))
        except Unsealable:
            # Its user is refused as for any wrong answer; the operator learns that somebody wrote here.
            _log.error("credential.unsealable", credential=credential.id, user_id=credential.user_id)
            return None


def _place(credential: Credential) -> tuple[str, ...]:
    return TABLE, credential.id, credential.user_id, credential.authenticator
