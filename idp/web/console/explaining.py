"""`/console/explain`: what the rules say of a login that somebody imagines, and how they come to say it."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, Final

from aiohttp import web

from idp.config.rule_names import OWN_DOORS
from idp.flow import supposing
from idp.flow.supposing import Supposed, door_of
from idp.logout.revocation import doors_of
from idp.policy.reasons import reasons
from idp.tenant import Tenant
from idp.web.console import rows
from idp.web.console.entering import ROOM, admit, asked, below, note, person, reading
from idp.web.exchange import ADDRESS, NOW, TENANT
from idp.web.respond import page
from idp.web.visiting import visiting
from storage.records import User

PATH: Final = ROOM + "/explain"
FIELDS: Final = ("user", "service", "door", "address", "at", "proofs", "known", "certificate", "model")
MODEL: Final = "model"


class Unclear(ValueError):
    """A field of the form cannot be understood; the text is its name."""


async def show(request: web.Request) -> web.Response:
    """GET: the form, and what follows from what is in it. Nothing is counted, nobody is asked."""
    tenant = request[TENANT]
    given = {name: value for name, value in asked(request, FIELDS).items() if value}
    path = below(PATH, given)
    user: User | None = None
    async with visiting(request) as here:
        who = await admit(request, here, path)
        if isinstance(who, web.Response):
            return who
        if "user" in given:
            user = await person(here, given["user"])
        await note(here, who, "explain", filters=sorted(given), subject=user.id if user else "")
    told: dict[str, Any] = {}
    if given:
        try:
            told = await _explained(request, user, given)
        except Unclear as unclear:
            told = {"fault": str(unclear)}
    return page(
        request,
        "console/explain",
        here=f"{tenant.prefix}{path}",
        action=f"{tenant.prefix}{PATH}",
        fields={**dict.fromkeys(FIELDS, ""), "address": str(request[ADDRESS]), **given},
        services=sorted({*doors_of(tenant), *OWN_DOORS}),
        doors=sorted({*doors_of(tenant).values(), *OWN_DOORS.values()}),
        **told,
    )


async def _explained(request: web.Request, user: User | None, given: Mapping[str, str]) -> dict[str, Any]:
    """Raises `Unclear`."""
    tenant = request[TENANT]
    if user is None:
        raise Unclear("user")
    supposed = _supposed(tenant, given, str(request[ADDRESS]), request[NOW])
    rules, known = tenant.policy, tenant.authenticators
    if not supposed.given.keys() <= known.keys():
        raise Unclear(MODEL if supposed.model else "proofs")
    async with reading(request) as tx:
        attempt = await supposing.suppose(tx, user, supposed, rules, known, tenant.country_of, request[NOW])
    _, told = rows.explained(rules, attempt)
    return {"explained": told, "because": reasons(rules, attempt), "door": supposed.door}


def _supposed(tenant: Tenant, given: Mapping[str, str], address: str, now: int) -> Supposed:
    """What the form says. Raises `Unclear`."""
    service = given.get("service", "")
    door = door_of(service, doors_of(tenant))
    if door is None:
        raise Unclear("service")
    return Supposed(
        service,
        given.get("door") or door,
        _read("address", ip_address, given.get("address", address)),
        _read("at", lambda text: supposing.moment(text, tenant.zone), given["at"]) if "at" in given else now,
        _read("proofs", _proofs, given.get("proofs", "")),
        _read(MODEL, supposing.model, given[MODEL]) if MODEL in given else "",
        "known" in given,
        "certificate" in given,
    )


def _proofs(text: str) -> dict[str, int]:
    parts = [part.strip() for part in text.split(",")]
    return dict(supposing.proof(part) for part in parts if part)


def _read(name: str, reader: Any, text: str) -> Any:
    try:
        return reader(text)
    except (ValueError, OverflowError):
        raise Unclear(name) from None
