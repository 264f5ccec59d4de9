"""Metadata of services: one row a service, replaced only by who has seen what it replaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from storage.service_metadata import MetadataVersion, PublishedMetadata
from storage.sql.connection import Connection, Row, Value

NAMES = (
    *("service", "source", "entity_id", "document", "digest", "valid_until", "accepted_at", "pending"),
    *("pending_digest", "pending_valid_until", "pending_at", "fetched_at", "due_at", "failure"),
    *("ends_at", "ending", "told_days"),
)
DOCUMENTS = ("document", "pending")
LIGHT = tuple(name for name in NAMES if name not in DOCUMENTS)
VERSION = ("service", "source", "entity_id", "digest", "valid_until", "pending_digest")
COLUMNS = ", ".join(NAMES)
ADD = f"""
INSERT INTO service_metadata (tenant, {COLUMNS}) VALUES (:tenant, :{", :".join(NAMES)})
ON CONFLICT (tenant, service) DO NOTHING RETURNING 1"""
FIND = f"SELECT {COLUMNS} FROM service_metadata WHERE tenant = :tenant AND service = :service"
LIST = f"""
SELECT {COLUMNS} FROM service_metadata WHERE tenant = :tenant AND service > :after
ORDER BY service LIMIT :limit"""
VERSIONS = f"SELECT {', '.join(VERSION)} FROM service_metadata WHERE tenant = :tenant ORDER BY service"
REPLACE = f"""
UPDATE service_metadata SET {", ".join(f"{name} = :{name}" for name in NAMES[1:])}
WHERE tenant = :tenant AND service = :service
    AND source = :was_source AND digest = :was_digest AND pending_digest = :was_pending
RETURNING 1"""
NEXT_DUE = "SELECT min(due_at) FROM service_metadata WHERE tenant = :tenant"
# The outer condition on due_at is asked again once a lock is had: who waited for another node finds nothing.
CLAIM = f"""
UPDATE service_metadata SET due_at = :until
WHERE tenant = :tenant AND due_at <= :now AND source = (
    SELECT source FROM service_metadata WHERE tenant = :tenant AND due_at <= :now
    ORDER BY due_at, source LIMIT 1
)
RETURNING {COLUMNS}"""
LIST_ENDING = f"""
SELECT {", ".join(LIGHT)} FROM service_metadata WHERE tenant = :tenant AND ends_at < :before
ORDER BY ends_at, service"""
TELL = """
UPDATE service_metadata SET told_days = :days
WHERE tenant = :tenant AND service = :service AND (told_days IS NULL OR told_days > :days) RETURNING 1"""
DELETE = "DELETE FROM service_metadata WHERE tenant = :tenant AND service = :service RETURNING 1"


class SQLServiceMetadata:
    """`storage.service_metadata.ServiceMetadata`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, metadata: PublishedMetadata) -> bool:
        return bool(await self._connection.query(ADD, **_values(metadata)))

    async def find(self, service: str) -> PublishedMetadata | None:
        rows = await self._connection.query(FIND, service=service)
        return _metadata(rows[0]) if rows else None

    async def list(self, after: str = "", limit: int = 100) -> Sequence[PublishedMetadata]:
        return [_metadata(row) for row in await self._connection.query(LIST, after=after, limit=limit)]

    async def versions(self) -> Mapping[str, MetadataVersion]:
        return {row[0]: MetadataVersion(*row) for row in await self._connection.query(VERSIONS)}

    async def replace(self, metadata: PublishedMetadata, before: PublishedMetadata) -> bool:
        rows = await self._connection.query(
            REPLACE,
            was_source=before.source,
            was_digest=before.digest,
            was_pending=before.pending_digest,
            **_values(metadata),
        )
        return bool(rows)

    async def next_due(self) -> int | None:
        due: int | None = (await self._connection.query(NEXT_DUE))[0][0]
        return due

    async def claim(self, now: int, until: int) -> Sequence[PublishedMetadata]:
        return [_metadata(row) for row in await self._connection.query(CLAIM, now=now, until=until)]

    async def list_ending(self, before: int) -> Sequence[PublishedMetadata]:
        rows = await self._connection.query(LIST_ENDING, before=before)
        return [PublishedMetadata(**dict(zip(LIGHT, row, strict=True))) for row in rows]

    async def tell(self, service: str, days: int) -> bool:
        return bool(await self._connection.query(TELL, service=service, days=days))

    async def delete(self, service: str) -> bool:
        return bool(await self._connection.query(DELETE, service=service))


def _values(metadata: PublishedMetadata) -> dict[str, Value]:
    return {name: getattr(metadata, name) for name in NAMES}


def _metadata(row: Row) -> PublishedMetadata:
    return PublishedMetadata(*row)
