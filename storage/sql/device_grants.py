"""Devices that wait for their user: polled, decided and consumed in one statement each."""

from __future__ import annotations

from storage.devices import SLOWER_SECONDS, DeviceGrant
from storage.sql.columns import dump, load
from storage.sql.connection import Connection, Row

NAMES = (
    *("device_hash", "user_code_hash", "client_id", "request", "interval_seconds", "created_at"),
    *("expires_at", "state", "grant_id", "polled_at"),
)
COLUMNS = ", ".join(NAMES)
ADD = f"""
INSERT INTO device_grants (tenant, {COLUMNS}) VALUES (:tenant, :{", :".join(NAMES)})
ON CONFLICT DO NOTHING RETURNING 1"""
OF_DEVICE = "tenant = :tenant AND device_hash = :device_hash"
FIND = f"SELECT {COLUMNS} FROM device_grants WHERE {OF_DEVICE}"
WAITING = "tenant = :tenant AND user_code_hash = :user_code_hash AND state = 'pending' AND expires_at > :now"
FIND_BY_USER_CODE = f"SELECT {COLUMNS} FROM device_grants WHERE {WAITING}"
# Two statements, so that each is decided by the row as it is: of two polls at once, the second comes too soon.
POLL = f"""
UPDATE device_grants SET polled_at = :now
WHERE {OF_DEVICE} AND polled_at + interval_seconds <= :now RETURNING 1"""
SLOW = f"""
UPDATE device_grants SET polled_at = :now, interval_seconds = interval_seconds + {SLOWER_SECONDS}
WHERE {OF_DEVICE}"""
DECIDE = f"UPDATE device_grants SET state = :state, grant_id = :grant_id WHERE {WAITING} RETURNING 1"
CONSUME = f"""
DELETE FROM device_grants WHERE {OF_DEVICE} AND state = 'allowed' AND expires_at > :now RETURNING {COLUMNS}"""


class SQLDeviceGrants:
    """`storage.devices.DeviceGrants`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, grant: DeviceGrant) -> bool:
        rows = await self._connection.query(
            ADD,
            device_hash=grant.device_hash,
            user_code_hash=grant.user_code_hash,
            client_id=grant.client_id,
            request=dump(grant.request),
            interval_seconds=grant.interval_seconds,
            created_at=grant.created_at,
            expires_at=grant.expires_at,
            state=grant.state,
            grant_id=grant.grant_id,
            polled_at=grant.polled_at,
        )
        return bool(rows)

    async def find(self, device_hash: bytes) -> DeviceGrant | None:
        rows = await self._connection.query(FIND, device_hash=device_hash)
        return _grant(rows[0]) if rows else None

    async def find_by_user_code(self, user_code_hash: bytes, now: int) -> DeviceGrant | None:
        rows = await self._connection.query(FIND_BY_USER_CODE, user_code_hash=user_code_hash, now=now)
        return _grant(rows[0]) if rows else None

    async def poll(self, device_hash: bytes, now: int) -> bool:
        if await self._connection.query(POLL, device_hash=device_hash, now=now):
            return True
        await self._connection.write(SLOW, device_hash=device_hash, now=now)
        return False

    async def decide(self, user_code_hash: bytes, state: str, grant_id: str, now: int) -> bool:
        decision = {"state": state, "grant_id": grant_id}
        return bool(await self._connection.query(DECIDE, user_code_hash=user_code_hash, now=now, **decision))

    async def consume(self, device_hash: bytes, now: int) -> DeviceGrant | None:
        rows = await self._connection.query(CONSUME, device_hash=device_hash, now=now)
        return _grant(rows[0]) if rows else None


def _grant(row: Row) -> DeviceGrant:
    device_hash, user_code_hash, client_id, request, *rest = row
    return DeviceGrant(device_hash, user_code_hash, client_id, load(request), *rest)
