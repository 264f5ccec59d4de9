"""What happened, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase

from storage.records import AuditRecord
from storage.sql.columns import dump, load
from storage.sql.connection import Connection, Row

COLUMNS = "id, at, event, user_id, service, address, request_id, reference, details"
ADD = f"""
INSERT INTO audit (tenant, {COLUMNS})
VALUES (:tenant, :id, :at, :event, :user_id, :service, :address, :request_id, :reference, :details)"""
# The second half of two conditions lets SQLite see that the partial index serves.
CONDITIONS = {
    "before": "id < :before",
    "user_id": "user_id = :user_id",
    "service": "service = :service AND service <> ''",
    "event": "event = :event",
    "reference": "reference = :reference AND reference <> ''",
}


class SQLAudit:
    """`storage.contract.Audit`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, record: AuditRecord) -> None:
        await self._connection.write(
            ADD,
            id=record.id,
            at=record.at,
            event=record.event,
            user_id=record.user_id,
            service=record.service,
            address=record.address,
            request_id=record.request_id,
            reference=record.reference,
            details=dump(record.details),
        )

    async def list(
        self, before: str = "", limit: int = 100, *, events: Sequence[str] = (), **equal: str
    ) -> Sequence[AuditRecord]:
        """Raises KeyError for a field that cannot be asked for."""
        if before:
            equal["before"] = before
        conditions = ["tenant = :tenant", *(CONDITIONS[name] for name in sorted(equal))]
        if events:
            any_of = {
                f"event_{letter}": event for letter, event in zip(ascii_lowercase, events, strict=False)
            }
            conditions.append(f"event IN (:{', :'.join(any_of)})")
            equal |= any_of
        where = " AND ".join(conditions)
        statement = f"SELECT {COLUMNS} FROM audit WHERE {where} ORDER BY id DESC LIMIT :limit"
        return [_record(row) for row in await self._connection.query(statement, limit=limit, **equal)]


def _record(row: Row) -> AuditRecord:
    id_, at, event, user_id, service, address, request_id, reference, details = row
    return AuditRecord(id_, at, event, user_id, service, address, request_id, reference, load(details))
