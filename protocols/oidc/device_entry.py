"""`/device`: a user types the code that his device shows (RFC 8628 §3.3), and signs in."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Final

from aiohttp import web

from idp import throttle
from idp.config.lockout import Lockout
from idp.outcome import Accept, Challenge, Resume
from idp.policy import Attempt
from idp.tenant import Tenant
from idp.visit import Visit
from idp.web.exchange import NOW
from idp.web.form import read_form
from idp.web.form_page import form_page, is_own
from idp.web.login import respond, send
from idp.web.respond import moment
from idp.web.visiting import visit
from keys.secret import Secret
from protocols.oidc import issuer, user_code
from protocols.oidc.device_authorization import PAGE
from protocols.oidc.issuer import DOOR, Issuer
from storage.devices import DeviceGrant

PURPOSE: Final = "device"
GUESS: Final = "user_code"  # under what guesses are counted
# Many people may share an address; a guesser who throws his cookies away has only his address left.
BROWSERS_OF_AN_ADDRESS: Final = 10
IPV6_PREFIX: Final = 64  # what one customer has to choose from


@dataclass(frozen=True, slots=True)
class Locked:
    """Too many codes were wrong; `until` is when others may be tried (epoch seconds)."""

    until: int


async def show(request: web.Request) -> web.Response:
    """GET: the field, filled if the address brought the code (§3.3.1).

    It looks nothing up: any page of the world can send a browser here, and must not spend its guesses.
    """
    return _page(request, request.query.get("user_code", ""))


async def submit(request: web.Request) -> web.Response:
    """POST: a guess, counted before it is looked at; then the login under the rules of the service."""
    here, form = issuer.of(request), await read_form(request)
    typed = form.get("user_code", "")
    if not is_own(request, form, PURPOSE):
        return _page(request, typed, stale=True)
    code = user_code.parse(typed)
    if code is None:
        return _page(request, retry=True)  # no code at all is no guess
    async with here.provider.storage.transaction(here.tenant.name) as tx:
        visiting = visit(request, tx)
        found = await _guess(here, visiting, code)
        if isinstance(found, Locked):
            return _page(request, until=found.until)
        client = here.clients.get(found.client_id) if found else None
        if found is None or client is None:
            return _page(request, retry=True)
        attempt = Attempt(DOOR, client.service, visiting.caller.address, visiting.now)
        resume = Resume(DOOR, {**found.request, "device": _carried(here.tenant, found, code)})
        outcome = await here.provider.login.begin(visiting, attempt, resume)
        if isinstance(outcome, Accept):
            response: web.Response = await here.provider.doors[DOOR].resume(request, visiting, outcome)
            return response
    return send(request, outcome) if isinstance(outcome, Challenge) else respond(request, outcome)


async def _guess(here: Issuer, visiting: Visit, code: Secret) -> DeviceGrant | Locked | None:
    """The device that waits for the code, None if there is none."""
    tx, now = visiting.tx, visiting.now
    budgets = dict(_budgets(visiting))
    spent = {by: await throttle.spend(tx, lockout, by, GUESS, now) for by, lockout in budgets.items()}
    if locked := [each.until for each in spent.values() if not each.evaluate]:
        for by in (by for by, each in spent.items() if each.evaluate):
            await throttle.charge(tx, by, GUESS)
        await visiting.record("user_code.locked", user_id=None, service="")
        return Locked(max(locked))
    found = await tx.device_grants.find_by_user_code(user_code.digest(here.user_code_key, code), now)
    for by in budgets:
        await (throttle.refund if found else throttle.charge)(tx, by, GUESS)
    if found is None:
        await visiting.record("user_code.refused", user_id=None, service="")
    return found


def _budgets(visiting: Visit) -> Iterator[tuple[str, Lockout]]:
    """By whom guesses are counted, and how many he has."""
    caller, lockout = visiting.caller, visiting.tenant.settings.lockout
    address = str(caller.address)
    if caller.address.version == 6:
        address = str(ip_network((caller.address, IPV6_PREFIX), strict=False))
    yield caller.browser_hash.hex(), lockout
    yield address, lockout.model_copy(update={"failures": lockout.failures * BROWSERS_OF_AN_ADDRESS})


def _carried(tenant: Tenant, found: DeviceGrant, code: Secret) -> Mapping[str, str]:
    """What the login carries along: which device, and the code to show again, sealed as it is stored meanwhile."""
    waiting = found.user_code_hash.hex()
    sealed = tenant.vault.seal(code.reveal().encode(), GUESS, waiting)
    return {"waiting": waiting, "code": b64encode(sealed).decode()}


def carried_code(tenant: Tenant, device: Mapping[str, Any]) -> str:
    """The code that `_carried` sealed, to be shown."""
    return tenant.vault.open(b64decode(device["code"]), GUESS, device["waiting"]).decode()


def _page(
    request: web.Request,
    typed: str = "",
    *,
    retry: bool = False,
    stale: bool = False,
    until: int | None = None,
) -> web.Response:
    tenant, code = issuer.of(request).tenant, user_code.parse(typed)
    address = f"{tenant.prefix}{PAGE}"
    response = form_page(
        request,
        "device/enter",
        PAGE,
        purpose=PURPOSE,
        status=200 if until is None else 429,
        here=f"{address}?user_code={code.reveal()}" if code else address,
        user_code=code.reveal() if code else "",
        retry=retry,
        stale=stale,
        until=moment(request, until) if until is not None else None,
    )
    if until is not None:
        response.headers["Retry-After"] = str(max(1, until - request[NOW]))
    return response
