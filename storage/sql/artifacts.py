"""Messages that wait for whoever holds their artifact: consumed once."""

from __future__ import annotations

from storage.participants import Artifact
from storage.sql.connection import Connection

NAMES = ("handle_hash", "client_id", "sealed", "expires_at")
COLUMNS = ", ".join(NAMES)
ADD = f"INSERT INTO artifacts (tenant, {COLUMNS}) VALUES (:tenant, :{', :'.join(NAMES)})"
# Whoever may not have it does not take it away from the one who may.
CONSUME = f"""
DELETE FROM artifacts
WHERE tenant = :tenant AND handle_hash = :handle_hash AND client_id = :client_id AND expires_at > :now
RETURNING {COLUMNS}"""


class SQLArtifacts:
    """`storage.participants.Artifacts`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, artifact: Artifact) -> None:
        await self._connection.write(ADD, **{name: getattr(artifact, name) for name in NAMES})

    async def consume(self, handle_hash: bytes, client_id: str, now: int) -> Artifact | None:
        rows = await self._connection.query(CONSUME, handle_hash=handle_hash, client_id=client_id, now=now)
        if not rows:
            return None
        handle, client, sealed, expires_at = rows[0]
        return Artifact(bytes(handle), client, bytes(sealed), expires_at)
