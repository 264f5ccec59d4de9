"""Hardware tokens in stock and in people's hands."""

from __future__ import annotations

from collections.abc import Sequence

from storage.contract import Duplicate
from storage.hardware import HardwareToken, Held
from storage.sql.connection import Connection, Row

NAMES = (
    *("serial", "kind", "manufacturer", "sealed", "created_at", "changed_at"),
    *("counter", "drift", "credential_id", "lost_at"),
)
ADD = f"""
INSERT INTO hardware_tokens (tenant, {", ".join(NAMES)}) VALUES (:tenant, :{", :".join(NAMES)})
ON CONFLICT DO NOTHING RETURNING 1"""
HELD = f"""
SELECT {", ".join(f"t.{name}" for name in NAMES)}, c.user_id FROM hardware_tokens t
LEFT JOIN credentials c ON c.tenant = t.tenant AND c.id = t.credential_id
WHERE t.tenant = :tenant"""
FIND = f"{HELD} AND t.serial = :serial"
LIST = f"{HELD} AND t.serial > :after ORDER BY t.serial LIMIT :limit"
LIST_OF = f"{HELD} AND c.user_id = :user_id ORDER BY t.serial"
ASSIGN = """
UPDATE hardware_tokens SET credential_id = :credential_id, changed_at = :now
WHERE tenant = :tenant AND serial = :serial AND lost_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM credentials c WHERE c.tenant = hardware_tokens.tenant AND c.id = hardware_tokens.credential_id
) RETURNING 1"""
ADVANCE = """
UPDATE hardware_tokens SET counter = :counter, drift = :drift, changed_at = :now
WHERE tenant = :tenant AND serial = :serial AND counter < :counter RETURNING 1"""
MARK_LOST = """
UPDATE hardware_tokens SET lost_at = :now, changed_at = :now
WHERE tenant = :tenant AND serial = :serial AND lost_at IS NULL RETURNING 1"""


class SQLHardwareTokens:
    """`storage.hardware.HardwareTokens`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, token: HardwareToken) -> None:
        values = {name: getattr(token, name) for name in NAMES}
        if not await self._connection.query(ADD, **values):
            raise Duplicate(f"token {token.serial} exists")

    async def find(self, serial: str) -> Held | None:
        rows = await self._connection.query(FIND, serial=serial)
        return _held(rows[0]) if rows else None

    async def list(self, after: str = "", limit: int = 500) -> Sequence[Held]:
        return [_held(row) for row in await self._connection.query(LIST, after=after, limit=limit)]

    async def list_of(self, user_id: str) -> Sequence[HardwareToken]:
        return [_held(row).token for row in await self._connection.query(LIST_OF, user_id=user_id)]

    async def assign(self, serial: str, credential_id: str, now: int) -> bool:
        return bool(await self._connection.query(ASSIGN, serial=serial, credential_id=credential_id, now=now))

    async def advance(self, serial: str, counter: int, drift: int, now: int) -> bool:
        return bool(
            await self._connection.query(ADVANCE, serial=serial, counter=counter, drift=drift, now=now)
        )

    async def mark_lost(self, serial: str, now: int) -> bool:
        return bool(await self._connection.query(MARK_LOST, serial=serial, now=now))


def _held(row: Row) -> Held:
    *columns, user_id = row
    return Held(HardwareToken(*columns), user_id)
