"""What happened, newest first; attempts also oldest first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from string import ascii_lowercase
from typing import Any

from keys.personal import record_key
from keys.seal import Unsealable
from storage.person_keys import owner_of
from storage.records import AuditRecord
from storage.sealed import open_part, seal_part
from storage.sql.columns import dump, load
from storage.sql.connection import Connection, Row
from storage.sql.person_keys import SQLPersonKeys

NAMES = (
    *("version", "id", "at", "event", "user_id", "service", "address", "request_id", "reference", "details"),
    "sealed",
)
ADD = f"INSERT INTO audit (tenant, {', '.join(NAMES)}) VALUES (:tenant, :{', :'.join(NAMES)})"
# Whose key it is: `storage.person_keys.owner_of`, said in SQL.
KEYED = f"""
SELECT {", ".join(f"a.{name}" for name in NAMES)}, k.secret FROM audit a
LEFT JOIN person_keys k ON k.tenant = :tenant AND k.owner = COALESCE(a.user_id, 'day:' || (a.at / 86400))
WHERE a.tenant = :tenant"""
# Ids begin with the time.
ATTEMPTS = f"""
{KEYED} AND a.event IN ('login.accepted', 'login.denied') AND a.id > :after AND a.id < :until
ORDER BY a.id LIMIT :limit"""
# The second half of two conditions lets SQLite see that the partial index serves.
CONDITIONS = {
    "before": "a.id < :before",
    "user_id": "a.user_id = :user_id",
    "service": "a.service = :service AND a.service <> ''",
    "event": "a.event = :event",
    "reference": "a.reference = :reference AND a.reference <> ''",
}


class SQLAudit:
    """`storage.audit.Audit`."""

    __slots__ = ("_connection", "_keys")

    def __init__(self, connection: Connection, keys: SQLPersonKeys) -> None:
        self._connection = connection
        self._keys = keys

    async def add(self, record: AuditRecord, personal: Collection[str] = ()) -> None:
        inner: dict[str, Any] = {}
        outer: dict[str, Any] = {}
        for name, value in record.details.items():
            (inner if name in personal else outer)[name] = value
        address, hidden = ("", record.address) if record.user_id else (record.address, "")
        sealed = None
        if inner or hidden:
            secret = await self._keys.find_or_add(owner_of(record.user_id, record.at), record.at)
            sealed = seal_part(secret, record.id, hidden, inner) if secret else None
        await self._connection.write(
            ADD,
            version=record.version,
            id=record.id,
            at=record.at,
            event=record.event,
            user_id=record.user_id,
            service=record.service,
            address=address,
            request_id=record.request_id,
            reference=record.reference,
            details=dump(outer),
            sealed=sealed,
        )

    async def list(
        self, before: str = "", limit: int = 100, *, events: Sequence[str] = (), **equal: str
    ) -> Sequence[AuditRecord]:
        """Raises KeyError for a field that cannot be asked for."""
        if before:
            equal["before"] = before
        conditions = [KEYED, *(CONDITIONS[name] for name in sorted(equal))]
        if events:
            any_of = {
                f"event_{letter}": event for letter, event in zip(ascii_lowercase, events, strict=False)
            }
            conditions.append(f"a.event IN (:{', :'.join(any_of)})")
            equal |= any_of
        statement = f"{' AND '.join(conditions)} ORDER BY a.id DESC LIMIT :limit"
        return [record_of(row) for row in await self._connection.query(statement, limit=limit, **equal)]

    async def attempts(
        self, since: int, until: int, after: str = "", limit: int = 1000
    ) -> Sequence[AuditRecord]:
        begin, end = max(after, f"{since:010x}"), f"{until:010x}"
        return [
            record_of(row)
            for row in await self._connection.query(ATTEMPTS, after=begin, until=end, limit=limit)
        ]


def record_of(row: Row) -> AuditRecord:
    """A row of `KEYED`, opened."""
    version, id_, at, event, user_id, service, address, request_id, reference, details, sealed, secret = row
    said, is_erased = load(details), sealed is not None and secret is None
    if sealed is not None and secret is not None:
        try:
            hidden, personal = open_part(record_key(bytes(secret), id_), sealed)
            said, address = said | personal, hidden or address
        except Unsealable:  # somebody else wrote here, which `idp audit verify` tells
            is_erased = True
    return AuditRecord(
        id_, at, event, user_id, service, address, request_id, reference, said, version, is_erased
    )
