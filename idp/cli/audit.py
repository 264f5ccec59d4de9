"""`idp audit`: what happened."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import click

from idp.audit_events import EVENTS
from idp.cli import chain
from idp.cli.context import Opened, in_tenant
from idp.cli.noun import Noun
from idp.cli.show import json_option, show
from idp.cli.sought import check, user_id_of
from storage import Transaction
from storage.records import AuditRecord

PAGE = 500
MOST: Final = 20  # events that the database is asked for by name
NOTHING: Final[Mapping[str, str]] = {}
UNITS = {"m": 60, "h": 3600, "d": 86400}
When = Callable[[int, ZoneInfo], int] | None
COLUMNS = ("at", "event", "user", "service", "address", "reference", "details")


class Span(click.ParamType[int]):
    """A length of time such as 30m, 12h or 7d, in seconds."""

    name = "SPAN"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        match = re.fullmatch(r"(\d{1,6})([mhd])", str(value))
        if match is None:
            self.fail("must be a number with m, h or d behind it, for example 7d", param, ctx)
        return int(match[1]) * UNITS[match[2]]


class Moment(click.ParamType[Callable[[int, ZoneInfo], int]]):
    """A span back from now, or a day or a moment in the tenant's time zone."""

    name = "WHEN"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Callable[[int, ZoneInfo], int]:
        text = str(value)
        if re.fullmatch(r"\d{1,6}[mhd]", text):
            seconds = Span().convert(text, param, ctx)
            return lambda now, _: now - seconds
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.fail("must be for example 7d, 2026-04-01 or 2026-04-01T09:30", param, ctx)
        return lambda _, zone: int((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp())


@click.group(cls=Noun)
def audit() -> None:
    """What happened: show, export, verify, key, rotate."""


audit.add_command(chain.export)
audit.add_command(chain.verify)
audit.add_command(chain.key)
audit.add_command(chain.rotate_)


@audit.command("show")
@click.option("--user", metavar="U", help="What this user did, or what was done to him.")
@click.option("--service", metavar="S")
@click.option("--event", metavar="E", help="For example login.denied, or a pattern such as login.*")
@click.option("--rule", metavar="R", help="Decided by this rule.")
@click.option("--door", metavar="D", help="Through this door: oidc, saml, radius.")
@click.option("--reference", metavar="CODE", help="The short code that a page showed.")
@click.option("--since", type=Moment(), metavar="WHEN", help="30m, 12h, 7d: not older; or 2026-04-01.")
@click.option("--until", type=Moment(), metavar="WHEN", help="Before that, said likewise.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@json_option
@in_tenant
async def show_(
    opened: Opened, /, limit: int, since: When, until: When, as_json: bool, **filters: str | None
) -> None:
    """Show events, newest first, with the tenant's time."""
    zone = ZoneInfo(opened.tenant.settings.time_zone)
    oldest = since(opened.now, zone) if since else 0
    before = f"{until(opened.now, zone):010x}" if until else ""
    asked = {name: value for name, value in filters.items() if value is not None}
    wanted = {name: value for name in ("rule", "door") if (value := filters.pop(name)) is not None}
    async with opened.snapshot() as tx:
        equal = await _equal(tx, filters, opened.tenant.settings.domains)
        found = await find(tx, oldest, limit, before, wanted, **equal)
        if not found:
            await check(opened, tx, asked)
        names = {user_id: await _name(tx, user_id) for user_id in {each.user_id for each in found}}
    rows = [
        {
            "id": each.id,
            "at": opened.time(each.at),
            "event": each.event,
            "user": names[each.user_id],
            "user_id": each.user_id,
            "service": each.service,
            "address": each.address,
            "request_id": each.request_id,
            "reference": each.reference,
            "details": dict(each.details),
            **({"erased": True} if each.is_erased else {}),
        }
        for each in found
    ]
    show(rows, COLUMNS, as_json=as_json)


async def _equal(tx: Transaction, filters: dict[str, str | None], domains: Collection[str]) -> dict[str, str]:
    """What the store compares. A deleted user is still found by id."""
    equal = {name: value for name, value in filters.items() if value is not None}
    if name := equal.pop("user", None):
        equal["user_id"] = await user_id_of(tx, name, domains)
    if "reference" in equal:
        equal["reference"] = equal["reference"].strip().upper()
    return equal


async def find(
    tx: Transaction,
    oldest: int,
    limit: int,
    before: str = "",
    wanted: Mapping[str, str] = NOTHING,
    **equal: str,
) -> Sequence[AuditRecord]:
    """Not more than `limit` events, newest first, none older than `oldest` (epoch seconds), those before the id
    `before`, with the details `wanted`. The event may be a pattern.
    """
    pattern = equal.pop("event") if "*" in equal.get("event", "") else "*"
    events = fnmatch.filter(EVENTS, pattern) if pattern != "*" else []
    found: list[AuditRecord] = []
    while len(found) < limit and (
        page := await tx.audit.list(before, PAGE, events=events if len(events) <= MOST else (), **equal)
    ):
        found += [
            each
            for each in page
            if each.at >= oldest
            and fnmatch.fnmatchcase(each.event, pattern)
            and wanted.items() <= each.details.items()
        ]
        if page[-1].at < oldest:
            break
        before = page[-1].id
    return found[:limit]


async def _name(tx: Transaction, user_id: str | None) -> str | None:
    """The name as it is now; of a deleted user the id."""
    person = await tx.users.find(user_id) if user_id else None
    return person.login_name if person else user_id
