"""The audit log as the console reads it: so many records are looked at, however few of them fit."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from storage.audit_view import LOGINS, WINDOW, Looked, Sought
from storage.records import AuditRecord
from storage.sql.audit import KEYED, record_of
from storage.sql.connection import Connection

# The literals let SQLite see that the partial indices serve.
EVENTS = ", ".join(f"'{event}'" for event in LOGINS)
SPAN = "tenant = :tenant AND id > :after AND id < :before"
OF_ALL = f"{SPAN} AND event IN ({EVENTS})"
OF_USER = f"{SPAN} AND user_id = :user_id"
WINDOWED = "SELECT id FROM audit WHERE {span} ORDER BY id DESC LIMIT :window"
# What is looked at is chosen first, by its index alone; only then does the database ask what fits.
FIND = """
{keyed} AND a.id IN (SELECT id FROM ({window}) AS looked_at) AND a.event IN ({events})
    AND (:service = '' OR a.service = :service) AND (:event = '' OR a.event = :event)
    AND (:door = '' OR a.details LIKE :door ESCAPE '!') AND (:rule = '' OR a.details LIKE :rule ESCAPE '!')
ORDER BY a.id DESC LIMIT :limit"""
REACHED = "SELECT count(*), min(id) FROM ({window}) AS looked_at"
LAST = "~"  # behind every id
APPLIED = f"""
{KEYED} AND a.event = 'configuration.applied' AND a.id < :before ORDER BY a.id DESC LIMIT :limit"""


class SQLAuditView:
    """`storage.audit_view.AuditView`."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def logins(self, sought: Sought, before: str, limit: int, window: int = WINDOW) -> Looked:
        if sought == Sought(since=sought.since):  # all of them fit
            window = min(window, limit)
        span: dict[str, str | int] = {
            "after": f"{sought.since:010x}",
            "before": before or LAST,
            "window": window,
            **({"user_id": sought.user_id} if sought.user_id else {}),
        }
        chosen = WINDOWED.format(span=OF_USER if sought.user_id else OF_ALL)
        rows = await self._connection.query(
            FIND.format(keyed=KEYED, window=chosen, events=EVENTS),
            service=sought.service,
            event=sought.event,
            door=_pattern("door", sought.door),
            rule=_pattern("rule", sought.rule),
            limit=limit,
            **span,
        )
        found = [record for record in map(record_of, rows) if _fits(record, sought)]
        if len(rows) == limit:
            return Looked(found, str(rows[-1][1]))
        count, oldest = (await self._connection.query(REACHED.format(window=chosen), **span))[0]
        return Looked(found, oldest if count == window else "")

    async def applied(self, before: str = "", limit: int = 100) -> Sequence[AuditRecord]:
        rows = await self._connection.query(APPLIED, before=before or LAST, limit=limit)
        return [record_of(row) for row in rows]


def _pattern(name: str, value: str) -> str:
    """What the details hold where the field has this value: JSON without blanks, as `columns.dump` writes it."""
    if not value:
        return ""
    written = orjson.dumps({name: value})[1:-1].decode()
    for special in "!%_":
        written = written.replace(special, f"!{special}")
    return f"%{written}%"


def _fits(record: AuditRecord, sought: Sought) -> bool:
    """Text may be compared without regard to capital letters by the database."""
    details = record.details
    return all(
        not wanted or details.get(name, "") == wanted
        for name, wanted in (("door", sought.door), ("rule", sought.rule))
    )
