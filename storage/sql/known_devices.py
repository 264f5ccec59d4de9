"""Browsers in which users signed in before, by the hash of their secret."""

from __future__ import annotations

from collections.abc import Sequence

from storage.known_devices import KnownDevice
from storage.sql.columns import dump_names, load_names
from storage.sql.connection import Connection, Row, Value

NAMES = (
    *("id", "token_hash", "user_id", "authenticators", "created_at", "seen_at", "expires_at"),
    *("address", "user_agent"),
)
COLUMNS = ", ".join(NAMES)
ADD = f"""
INSERT INTO known_devices (tenant, {COLUMNS}) VALUES (:tenant, :{", :".join(NAMES)})"""
FORGET = """
DELETE FROM known_devices WHERE tenant = :tenant AND user_id = :user_id AND id NOT IN (
    SELECT id FROM known_devices WHERE tenant = :tenant AND user_id = :user_id
    ORDER BY seen_at DESC, created_at DESC, id LIMIT :most)"""
FIND = f"""
SELECT {COLUMNS} FROM known_devices
WHERE tenant = :tenant AND token_hash = :token_hash AND user_id = :user_id AND expires_at > :now"""
LIST = f"""
SELECT {COLUMNS} FROM known_devices WHERE tenant = :tenant AND user_id = :user_id AND expires_at > :now
ORDER BY seen_at DESC, created_at DESC, id"""
REPLACE = """
UPDATE known_devices SET authenticators = :authenticators, seen_at = :seen_at, expires_at = :expires_at,
    address = :address, user_agent = :user_agent
WHERE tenant = :tenant AND id = :id RETURNING 1"""
MOVE = """
UPDATE known_devices SET token_hash = :to
WHERE tenant = :tenant AND token_hash = :token_hash AND expires_at > :now"""
DELETE = "DELETE FROM known_devices WHERE tenant = :tenant AND user_id = :user_id AND id = :id RETURNING 1"
DELETE_OF = "DELETE FROM known_devices WHERE tenant = :tenant AND user_id = :user_id RETURNING 1"


class SQLKnownDevices:
    """`storage.known_devices.KnownDevices`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, device: KnownDevice, most: int) -> None:
        await self._connection.write(ADD, **_values(device))
        await self._connection.write(FORGET, user_id=device.user_id, most=most)

    async def find(self, token_hash: bytes, user_id: str, now: int) -> KnownDevice | None:
        rows = await self._connection.query(FIND, token_hash=token_hash, user_id=user_id, now=now)
        return _device(rows[0]) if rows else None

    async def list(self, user_id: str, now: int) -> Sequence[KnownDevice]:
        return [_device(row) for row in await self._connection.query(LIST, user_id=user_id, now=now)]

    async def replace(self, device: KnownDevice) -> bool:
        kept = _values(device)
        changed = ("id", "authenticators", "seen_at", "expires_at", "address", "user_agent")
        return bool(await self._connection.query(REPLACE, **{name: kept[name] for name in changed}))

    async def move(self, token_hash: bytes, to: bytes, now: int) -> None:
        await self._connection.write(MOVE, token_hash=token_hash, to=to, now=now)

    async def delete(self, user_id: str, device_id: str) -> bool:
        return bool(await self._connection.query(DELETE, user_id=user_id, id=device_id))

    async def delete_of(self, user_id: str) -> int:
        return len(await self._connection.query(DELETE_OF, user_id=user_id))


def _values(device: KnownDevice) -> dict[str, Value]:
    return {name: getattr(device, name) for name in NAMES} | {
        "authenticators": dump_names(device.authenticators)
    }


def _device(row: Row) -> KnownDevice:
    id_, token_hash, user_id, authenticators, *rest = row
    return KnownDevice(id_, bytes(token_hash), user_id, load_names(authenticators), *rest)
