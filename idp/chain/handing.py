"""The log handed out: lines of JSON that prove themselves, or a table for a spreadsheet; a page in memory at a time."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from idp.chain.linking import POINT_SECONDS
from idp.chain.reading import points, records
from idp.chain.telling import key_of, proof, proven, told
from idp.chain.verifying import Broken, Verification
from idp.spreadsheet import MARK, row, shield
from storage import Transaction
from storage.chain import Checkpoint, Kept

FORMAT: Final = 1
COLUMNS: Final = (
    *("seq", "time", "event", "user", "user_id", "service", "address", "request_id", "reference", "details"),
    "erased",
)
USERS: Final = 10_000  # whose names are remembered at a time
Wanted = Callable[[Mapping[str, Any]], bool]


class Names:
    """Names of users, asked for once."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._known: dict[str, str | None] = {}

    async def find(self, user_id: str | None) -> str | None:
        """None for nobody, and for a user who was deleted."""
        if user_id is None:
            return None
        if user_id not in self._known:
            if len(self._known) >= USERS:
                self._known.clear()
            user = await self._tx.users.find(user_id)
            self._known[user_id] = user.login_name if user else None
        return self._known[user_id]


async def lines(tx: Transaction, tenant: str, zone: ZoneInfo, since: int, until: int) -> AsyncIterator[bytes]:
    """All that `verify_lines` needs, as JSON Lines: each checkpoint before its records, from the one that was open at
    `since` to those begun before `until` (epoch seconds).
    """
    yield _line({"audit": FORMAT, "tenant": tenant, "time_zone": zone.key})
    names = Names(tx)
    async for point in points(tx):
        if point.created_at >= until:
            return
        if point.created_at + POINT_SECONDS >= since:
            async for text in _with_records(tx, names, zone, point):
                yield text


async def _with_records(
    tx: Transaction, names: Names, zone: ZoneInfo, point: Checkpoint
) -> AsyncIterator[bytes]:
    digests = base64.b64encode(point.digests).decode()
    yield _line({"checkpoint": point.number, "statement": point.statement, "digests": digests})
    async for kept in records(tx, point):
        key = key_of(kept)
        said = told(kept, zone, key, await names.find(kept.user_id))
        yield _line({**said, "proof": proof(kept, key)})


async def table(
    tx: Transaction, zone: ZoneInfo, since: int, until: int, wanted: Wanted
) -> AsyncIterator[str]:
    """Records from `since`, before `until` that are wanted, as CSV (RFC 4180); begins with the mark of UTF-8."""
    names = Names(tx)
    yield MARK + row(COLUMNS)
    async for point in points(tx):
        async for kept in records(tx, point):
            if not since <= kept.at < until:
                continue
            said = told(kept, zone, key_of(kept), await names.find(kept.user_id))
            if wanted(said):
                yield row([_cell(said.get(name)) for name in COLUMNS])


def verify_lines(source: Iterable[bytes], begin: Callable[[str], Verification]) -> Verification:
    """Verify what `lines` has written; `begin` is told the tenant. Raises `Broken`, also for what is no such file."""
    verification, zone, number = None, ZoneInfo("UTC"), 0
    for number, text in enumerate(source, 1):
        try:
            line = orjson.loads(text)
            if verification is None:
                zone, verification = ZoneInfo(line["time_zone"]), begin(line["tenant"])
            elif "checkpoint" in line:
                verification.point(_point(line, verification))
            else:
                verification.record(_record(line, zone))
        except (ValueError, KeyError, TypeError, AttributeError, OSError):
            raise Broken(f"line {number} is not of an export, or was cut short") from None
    if verification is None:
        raise Broken("the file is empty")
    verification.finish()
    return verification


def _record(line: Mapping[str, Any], zone: ZoneInfo) -> Kept:
    try:
        return proven(line, zone)
    except ValueError as error:
        raise Broken(f"record {line['seq']} was altered: {error}") from None


def _point(line: Mapping[str, Any], verification: Verification) -> Checkpoint:
    said = verification.read(line["statement"], int(line["checkpoint"]))
    return Checkpoint(
        int(line["checkpoint"]),
        said.first,
        said.last,
        said.at,
        base64.b64decode(line["digests"], validate=True),
        line["statement"],
    )


def _line(value: Mapping[str, Any]) -> bytes:
    return orjson.dumps(value) + b"\n"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return shield(orjson.dumps(value).decode() if isinstance(value, dict | list) else str(value))
