"""Where passkeys are kept: beside all credentials, each in the row that its own id names."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
import structlog

from idp.authenticators.passkey.ceremony import Key
from idp.authenticators.safe import NOBODY, Safe
from keys import base64url
from keys.seal import Unsealable, Vault
from storage import Transaction
from storage.records import Credential, User

NAME: Final = "passkey"

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Kept:
    """A passkey and the row that holds it."""

    credential: Credential
    key: Key


class Chest:
    """The passkeys of one tenant."""

    __slots__ = ("_safe",)

    def __init__(self, vault: Vault) -> None:
        self._safe = Safe(vault, NAME, b"")

    async def open(self, tx: Transaction, user: User | None) -> Sequence[Kept]:
        """What the user holds, oldest first; nothing of nobody, for whom the database is asked as well."""
        return self._opened(await tx.credentials.list((user or NOBODY).id, NAME))

    async def models(self, tx: Transaction, place: str) -> Sequence[Key]:
        """What somebody holds to whom `place` leads; nothing only where nobody has a passkey."""
        return [kept.key for kept in self._opened(await tx.credentials.list_near(NAME, place))]

    def seal(self, user: User, key: Key, counter: int, name: str, now: int) -> Credential:
        """A new credential, not yet stored: its row is named by the passkey, so that it is kept once (§7.1 step 26)."""
        row = base64url.encode(hashlib.sha256(key.id).digest()).decode()
        empty = Credential(row, user.id, NAME, b"", now, now, counter=counter, name=name)
        return self._safe.reseal(empty, _dump(key), now)

    def _opened(self, rows: Sequence[Credential]) -> Sequence[Kept]:
        found: list[Kept] = []
        for row in rows:
            try:
                found.append(Kept(row, _parse(self._safe.unseal(row))))
            except Unsealable:
                _log.error("credential.unsealable", credential=row.id, user_id=row.user_id)
        return found


def _dump(key: Key) -> bytes:
    return orjson.dumps(dataclasses.asdict(key) | {"data": base64url.encode(key.data).decode()})


def _parse(content: bytes) -> Key:
    value: dict[str, Any] = orjson.loads(content)
    return Key(base64url.decode(value["data"].encode()), tuple(value["transports"]), value["attested"])
