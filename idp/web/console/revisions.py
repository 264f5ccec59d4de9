"""`/console/revisions`: which configuration is in force, which were before it, and what changed between two."""

from __future__ import annotations

import re
from typing import Any, Final

from aiohttp import web

from idp.config.change import Change
from idp.config.in_force import FILES
from idp.config.plan import Plan
from idp.revisions.archive import Unknown
from idp.web.console.entering import RECORD, ROOM, admit, asked, below, note, reading
from idp.web.console.values import setting
from idp.web.exchange import ARCHIVE, NOW, TENANT
from idp.web.respond import moment, page
from idp.web.visiting import visiting
from storage.records import AuditRecord

PATH: Final = ROOM + "/revisions"
CHANGES: Final = ROOM + "/changes"
BEFORE: Final = "before"
MANY: Final = 20
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


async def show(request: web.Request) -> web.Response:
    """GET: the one in force, how the files of this node differ from it, and those that changed something here."""
    tenant, archive = request[TENANT], request.config_dict[ARCHIVE]
    cursor = asked(request, (BEFORE,))[BEFORE]
    cursor = cursor if RECORD.fullmatch(cursor) else ""
    path = below(PATH, {BEFORE: cursor})
    async with visiting(request) as here:
        who = await admit(request, here, path)
        if isinstance(who, web.Response):
            return who
        await note(here, who, "revisions")
    async with reading(request) as tx:
        # As the tenant's own log has them: what was changed for others, and why, is theirs.
        found = await tx.audit_view.applied(cursor, MANY + 1)
    entries = [_entry(request, record) for record in found[:MANY]]
    older = below(PATH, {BEFORE: found[MANY - 1].id if len(found) > MANY else ""})
    return page(
        request,
        "console/revisions",
        here=f"{tenant.prefix}{path}",
        action=f"{tenant.prefix}{CHANGES}",
        current=archive.in_force.number,
        hash=archive.in_force.name,
        drift=await archive.drift(tenant.name),
        entries=entries,
        older_url=f"{tenant.prefix}{older}" if len(found) > MANY else "",
    )


def _entry(request: web.Request, record: AuditRecord) -> dict[str, Any]:
    """One that was applied, with where it is compared with the one before it."""
    details, prefix = record.details, request[TENANT].prefix
    number = int(details.get("revision", FILES))
    query = {"from": str(number - 1), "to": str(number)}
    return {
        "number": number,
        "at": moment(request, record.at),
        "by": details.get("by", ""),
        "why": details.get("reason", ""),
        "hash": details.get("hash", ""),
        "restores": details.get("restores", 0),
        "changes_url": f"{prefix}{below(CHANGES, query)}" if number > 1 else "",
    }


async def changes(request: web.Request) -> web.Response:
    """GET: what changed for the tenant from one revision to another."""
    tenant, archive = request[TENANT], request.config_dict[ARCHIVE]
    given = asked(request, ("from", "to"))
    path = below(CHANGES, given)
    async with visiting(request) as here:
        who = await admit(request, here, path)
        if isinstance(who, web.Response):
            return who
        both = [int(text) if _NUMBER.fullmatch(text) else FILES for text in (given["from"], given["to"])]
        await note(here, who, "changes", revisions=both)
    try:
        plan: Plan | None = await archive.plan(both[0], both[1], tenant.name, request[NOW])
    except Unknown:
        plan = None
    return page(
        request,
        "console/changes",
        here=f"{tenant.prefix}{path}",
        before=given["from"],
        after=given["to"],
        unknown=plan is None,
        changes=[_change(each) for each in plan.changes] if plan else (),
        texts=plan.texts if plan else (),
        revisions_url=f"{tenant.prefix}{PATH}",
    )


def _change(change: Change) -> dict[str, Any]:
    """One part, with its values as pages say them."""
    details = [
        {"path": each.path, "before": setting(each.before), "after": setting(each.after)}
        for each in change.details
    ]
    told = {name: getattr(change, name) for name in ("tenant", "sort", "name", "service", "kind")}
    return {**told, "details": details}
