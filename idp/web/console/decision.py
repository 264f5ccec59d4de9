"""`/console/decisions/ID`: one login, the rules that were tried then, and what those of today say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_address
from typing import Any, Final

from aiohttp import web

from idp.policy import Attempt, Rules
from idp.policy.facts import from_facts
from idp.revisions.archive import Archive, Unknown
from idp.web.console import explaining, rows
from idp.web.console.entering import ROOM, admit, below, note, reading
from idp.web.exchange import ARCHIVE, NOW, TENANT
from idp.web.respond import page
from idp.web.visiting import visiting
from storage import Transaction
from storage.records import AuditRecord

PATH: Final = ROOM + "/decisions/{record:[0-9a-f]{1,64}}"
ENDED: Final = ("login.accepted", "login.denied")  # by a decision
OTHER: Final = (
    "door",
    "rule",
    "why",
    "attempt",
    "proofs",
    "agent",
    "username",
    "authenticator",
    "reason",
    "amr",
)


async def show(request: web.Request) -> web.Response:
    """GET: whatever stands in the log under that id, of a login with its explanation."""
    wanted = request.match_info["record"]
    path = f"{ROOM}/decisions/{wanted}"
    async with visiting(request) as here:
        who = await admit(request, here, path)
        if isinstance(who, web.Response):
            return who
        record = await _find(here.tx, wanted)
        if record is None:
            raise web.HTTPNotFound
        subject = record.user_id or ""
        await note(here, who, "decision", record=record.reference, subject=subject)
    async with reading(request) as tx:
        (entry,) = await rows.listed(request, tx, [record])
    told = await _explained(request, record)
    return page(
        request,
        "console/decision",
        here=f"{request[TENANT].prefix}{path}",
        entry=entry,
        at=_exactly(request, record.at),
        address=record.address,
        agent=record.details.get("agent", ""),
        given=_given(record),
        others=_others(record),
        **told,
        **_ways_on(request, record, entry),
    )


async def _find(tx: Transaction, wanted: str) -> AuditRecord | None:
    """The record of that id: what is before the next id, as none is longer."""
    found = await tx.audit.list(f"{wanted}!", 1)
    return found[0] if found and found[0].id == wanted else None


async def _explained(request: web.Request, record: AuditRecord) -> dict[str, Any]:
    """`then`: by the rules of that time, `today`: by those in force, where it says something else."""
    if record.event not in ENDED:
        return {}
    archive = request.config_dict[ARCHIVE]
    number = await archive.number_at(record.at)
    told: dict[str, Any] = {"decided": True, "revision": number, "current": archive.in_force.number}
    facts = record.details.get("attempt")
    if not isinstance(facts, Mapping):
        return {**told, "forgotten": True}
    attempt = from_facts(facts)
    now, today = rows.explained(request[TENANT].policy, attempt)
    rules = await _rules_then(request, archive, number)
    if rules is None:
        return {**told, "today": today, "unread": True}
    before, then = rows.explained(rules, attempt)
    by = before.decision.verdict.rule
    differs = (by, then["outcome"]) != (now.decision.verdict.rule, today["outcome"])
    return {
        **told,
        "then": then,
        "today": today if differs else None,
        "doubtful": by != record.details.get("rule"),
        **_facts(attempt),
    }


async def _rules_then(request: web.Request, archive: Archive, number: int) -> Rules | None:
    """None where nobody knows them any more."""
    tenant = request[TENANT]
    if number == archive.in_force.number:
        return tenant.policy
    try:
        return await archive.rules(number, tenant.name, request[NOW])
    except Unknown:
        return None


def _facts(attempt: Attempt) -> dict[str, Any]:
    return {"groups": sorted(attempt.groups), "country": attempt.country}


def _given(record: AuditRecord) -> list[dict[str, Any]]:
    """The proofs that stood, each with its age; of an attempt that was not written down, their names."""
    facts = record.details.get("attempt")
    if isinstance(facts, Mapping):
        return [{"name": each.authenticator, "age": each.age} for each in from_facts(facts).proofs]
    return [{"name": str(name), "age": None} for name in record.details.get("proofs", ())]


def _others(record: AuditRecord) -> list[tuple[str, str]]:
    """What else was written down."""
    return [
        (name, ", ".join(map(str, value)) if isinstance(value, list) else str(value))
        for name, value in record.details.items()
        if name not in OTHER
    ]


def _exactly(request: web.Request, at: int) -> str:
    zone = request[TENANT].zone
    return datetime.fromtimestamp(at, zone).isoformat(sep=" ", timespec="seconds")


def _ways_on(request: web.Request, record: AuditRecord, entry: Mapping[str, Any]) -> dict[str, Any]:
    """To other logins of the person, and to the form that asks what would be if something were different."""
    prefix = request[TENANT].prefix
    if entry["person"] != "known":
        return {}
    given = {"user": entry["who"], "service": record.service, "door": entry["door"]}
    told = {**given, "address": _address(record.address), "at": _exactly(request, record.at)[:16]}
    proofs = ", ".join(f"{each['name']}={each['age'] or 0}" for each in _given(record))
    return {
        "person_url": f"{prefix}{below(ROOM, {'user': entry['who']})}",
        "explain_url": f"{prefix}{below(explaining.PATH, {**told, 'proofs': proofs})}",
    }


def _address(whence: str) -> str:
    """Of where a login came from, what is an address: a NAS may be named in front of it."""
    last = whence.rsplit(maxsplit=1)[-1] if whence else ""
    try:
        return str(ip_address(last))
    except ValueError:
        return ""
