"""`/console`: how logins ended, whatever their door, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from idp.config.rule_names import OWN_DOORS
from idp.flow import supposing
from idp.logout.revocation import doors_of
from idp.tenant import Tenant
from idp.web.console import rows
from idp.web.console.entering import RECORD, ROOM, admit, asked, below, note, person, reading
from idp.web.exchange import TENANT
from idp.web.respond import moment, page
from idp.web.visiting import visiting
from storage import Transaction
from storage.audit_view import Looked, Sought
from storage.records import User

PATH: Final = ROOM
FILTERS: Final = ("user", "service", "door", "outcome", "rule", "since", "until", "reference")
BEFORE: Final = "before"
MANY: Final = 20  # a page


NO_MATTER: Final = Sought()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the form asked for, understood; `fault` is the field that could not be."""

    sought: Sought = NO_MATTER
    before: str = ""
    fault: str = ""


async def show(request: web.Request) -> web.Response:
    """GET: those that fit the filters; `before` leads to what is older."""
    given = asked(request, (*FILTERS, BEFORE))
    filters = {name: value for name, value in given.items() if name != BEFORE and value}
    cursor = given[BEFORE] if RECORD.fullmatch(given[BEFORE]) else ""
    path = below(PATH, {**filters, BEFORE: cursor})
    async with visiting(request) as here:
        who = await admit(request, here, path)
        if isinstance(who, web.Response):
            return who
        whose = await person(here, filters["user"]) if "user" in filters else None
        wanted = _wanted(here.tenant, filters, whose, cursor)
        await note(here, who, "decisions", filters=sorted(filters), subject=whose.id if whose else "")
    async with reading(request) as tx:
        found = await _find(tx, filters, wanted)
        entries = await rows.listed(request, tx, found.records[:MANY])
    is_more = len(found.records) > MANY
    older = found.records[MANY - 1].id if is_more else found.next
    return _page(request, path, filters, wanted.fault, entries, "" if is_more else found.next, older)


async def _find(tx: Transaction, filters: Mapping[str, str], wanted: Wanted) -> Looked:
    if wanted.fault:
        return Looked((), "")
    if "reference" in filters:
        return Looked(await tx.audit.list(limit=MANY, reference=_reference(filters["reference"])), "")
    return await tx.audit_view.logins(wanted.sought, wanted.before, MANY + 1)


def _wanted(tenant: Tenant, filters: Mapping[str, str], whose: User | None, cursor: str) -> Wanted:
    times = {"since": 0, "until": 0}
    for name in times.keys() & filters.keys():
        try:
            times[name] = max(0, supposing.moment(filters[name], tenant.zone))
        except (ValueError, OverflowError):
            return Wanted(fault=name)
    outcome = filters.get("outcome", "")
    if outcome and outcome not in rows.OUTCOMES:
        return Wanted(fault="outcome")
    sought = Sought(
        user_id=whose.id if whose else filters.get("user", ""),  # of somebody who was deleted, the id
        service=filters.get("service", ""),
        event=rows.OUTCOMES.get(outcome, ""),
        door=filters.get("door", ""),
        rule=filters.get("rule", ""),
        since=times["since"],
    )
    until = f"{times['until']:010x}" if times["until"] else ""
    return Wanted(sought, min(filter(None, (cursor, until)), default=""))


def _reference(typed: str) -> str:
    """As pages show it, however it is typed."""
    code = typed.upper().replace("-", "").replace(" ", "")
    return f"{code[:4]}-{code[4:]}"


def _page(
    request: web.Request,
    path: str,
    filters: Mapping[str, str],
    fault: str,
    entries: list[dict[str, Any]],
    reached: str,
    older: str,
) -> web.Response:
    """`reached` is the id of the last record that was looked at, where that was not the last that there is."""
    tenant = request[TENANT]
    here = f"{tenant.prefix}{PATH}"
    services = doors_of(tenant)
    return page(
        request,
        "console/decisions",
        here=f"{tenant.prefix}{path}",
        action=here,
        filters={**dict.fromkeys(FILTERS, ""), **filters, **({fault: ""} if fault else {})},
        filtered=bool(filters),
        services=sorted({*services, *OWN_DOORS}),
        doors=sorted({*services.values(), *OWN_DOORS.values()}),
        entries=entries,
        fault=fault,
        reached=moment(request, int(reached[:10], 16)) if reached else "",
        older_url=f"{tenant.prefix}{below(PATH, {**filters, BEFORE: older})}" if older else "",
        newest_url=f"{tenant.prefix}{below(PATH, filters)}" if BEFORE in request.query else "",
    )
