"""`idp audit`: what happened."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

import click

from idp.cli.context import Opened, in_tenant
from idp.cli.show import json_option, show
from idp.username import canonical, split
from storage import Transaction
from storage.records import AuditRecord

PAGE = 500
UNITS = {"m": 60, "h": 3600, "d": 86400}
COLUMNS = ("at", "event", "user", "service", "address", "reference", "details")


class Span(click.ParamType[int]):
    """A length of time such as 30m, 12h or 7d, in seconds."""

    name = "SPAN"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        match = re.fullmatch(r"(\d{1,6})([mhd])", str(value))
        if match is None:
            self.fail("must be a number with m, h or d behind it, for example 7d", param, ctx)
        return int(match[1]) * UNITS[match[2]]


@click.group()
def audit() -> None:
    """What happened."""


@audit.command("show")
@click.option("--user", metavar="U", help="What this user did, or what was done to him.")
@click.option("--service", metavar="S")
@click.option("--event", metavar="E", help="For example login.denied.")
@click.option("--reference", metavar="CODE", help="The short code that a page showed.")
@click.option("--since", type=Span(), metavar="SPAN", help="30m, 12h, 7d: not older than that.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@json_option
@in_tenant
async def show_(
    opened: Opened, /, limit: int, since: int | None, as_json: bool, **filters: str | None
) -> None:
    """Show events, newest first, with the tenant's time."""
    async with opened.snapshot() as tx:
        equal = await _equal(tx, filters, opened.tenant.settings.domains)
        found = await find(tx, opened.now - since if since is not None else 0, limit, **equal)
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
        }
        for each in found
    ]
    show(rows, COLUMNS, as_json=as_json)


async def _equal(tx: Transaction, filters: dict[str, str | None], domains: Collection[str]) -> dict[str, str]:
    """What the store compares. A deleted user is still found by id."""
    equal = {name: value for name, value in filters.items() if value is not None}
    if name := equal.pop("user", None):
        person = await tx.users.find_by_name(*split(canonical(name), domains))
        equal["user_id"] = person.id if person else name
    if "reference" in equal:
        equal["reference"] = equal["reference"].strip().upper()
    return equal


async def find(tx: Transaction, oldest: int, limit: int, **equal: str) -> Sequence[AuditRecord]:
    """Not more than `limit` events, newest first, none older than `oldest` (epoch seconds)."""
    found: list[AuditRecord] = []
    before = ""
    while len(found) < limit and (
        page := await tx.audit.list(before, min(PAGE, limit - len(found)), **equal)
    ):
        found += [each for each in page if each.at >= oldest]
        if page[-1].at < oldest:
            break
        before = page[-1].id
    return found


async def _name(tx: Transaction, user_id: str | None) -> str | None:
    """The name as it is now; of a deleted user the id."""
    person = await tx.users.find(user_id) if user_id else None
    return person.login_name if person else user_id
