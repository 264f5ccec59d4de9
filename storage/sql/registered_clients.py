"""Clients that registered themselves."""

from __future__ import annotations

from collections.abc import Sequence

from storage.registration import RegisteredClient
from storage.sql.columns import dump, load
from storage.sql.connection import Connection, Row, Value

NAMES = ("id", "metadata", "secret_hash", "token_hash", "created_at", "changed_at")
COLUMNS = ", ".join(NAMES)
ADD = f"""
INSERT INTO registered_clients (tenant, {COLUMNS})
SELECT :tenant, :{", :".join(NAMES)}
WHERE (SELECT count(*) FROM registered_clients WHERE tenant = :tenant) < :limit
RETURNING 1"""
FIND = f"SELECT {COLUMNS} FROM registered_clients WHERE tenant = :tenant AND id = :id"
LIST = f"""
SELECT {COLUMNS} FROM registered_clients WHERE tenant = :tenant AND id > :after ORDER BY id LIMIT :limit"""
REPLACE = """
UPDATE registered_clients SET metadata = :metadata, secret_hash = :secret_hash, token_hash = :token_hash,
    changed_at = :changed_at
WHERE tenant = :tenant AND id = :id AND token_hash = :presented RETURNING 1"""
DELETE = "DELETE FROM registered_clients WHERE tenant = :tenant AND id = :id RETURNING 1"


class SQLRegisteredClients:
    """`storage.registration.RegisteredClients`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, client: RegisteredClient, limit: int) -> bool:
        return bool(await self._connection.query(ADD, limit=limit, **_values(client)))

    async def find(self, client_id: str) -> RegisteredClient | None:
        rows = await self._connection.query(FIND, id=client_id)
        return _client(rows[0]) if rows else None

    async def list(self, after: str = "", limit: int = 100) -> Sequence[RegisteredClient]:
        return [_client(row) for row in await self._connection.query(LIST, after=after, limit=limit)]

    async def replace(self, client: RegisteredClient, token_hash: bytes) -> bool:
        values = _values(client)
        del values["created_at"]
        return bool(await self._connection.query(REPLACE, presented=token_hash, **values))

    async def delete(self, client_id: str) -> bool:
        return bool(await self._connection.query(DELETE, id=client_id))


def _values(client: RegisteredClient) -> dict[str, Value]:
    return {
        "id": client.id,
        "metadata": dump(client.metadata),
        "secret_hash": client.secret_hash,
        "token_hash": client.token_hash,
        "created_at": client.created_at,
        "changed_at": client.changed_at,
    }


def _client(row: Row) -> RegisteredClient:
    id_, metadata, secret_hash, token_hash, *times = row
    return RegisteredClient(id_, load(metadata), secret_hash, token_hash, *times)
