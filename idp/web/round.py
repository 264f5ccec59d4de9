"""A browser goes from service to service to sign out: what came of each is kept, whatever becomes of the browser.

The session has ended before the first step. Whoever stops half-way finds on the page what is done and what is
not, and goes on from there; a service that the back channel reaches is told by it later all the same.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from idp.logout.farewell import Result, Told
from idp.tenant import Tenant
from idp.visit import Visit
from idp.web import cookies
from keys.secret import Secret
from keys.token import hash_token, new_token
from storage.records import JSON, AuthorizationRequest

KIND: Final = "logout"
PATH: Final = "/logout/services"
PARAMETER: Final = "logout"
SECONDS: Final = 900  # for all services: some show pages of their own


@dataclass(frozen=True, slots=True)
class Onward:
    """Where the service that sent the browser here wants it next."""

    url: str
    service: str
    names: Mapping[str, str] | None = None  # what it is called, if it stands in no file
    path: str = ""  # instead of `url`: one of ours, at which the door answers `request`
    request: JSON = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Round:
    """Every service with its result so far. `token` names it in addresses; it is for one browser only."""

    token: Secret = dataclasses.field(repr=False)
    told: tuple[Told, ...]
    onward: Onward | None

    @property
    def path(self) -> str:
        """Where the next service is told from; empty where none is left."""
        return next((each.path for each in self.told if each.result is Result.WAITING), "")

    def settle(self, place: int, result: Result) -> Round:
        """The same with another result of one service."""
        changed = dataclasses.replace(self.told[place], result=result)
        return dataclasses.replace(self, told=(*self.told[:place], changed, *self.told[place + 1 :]))

    def address(self, tenant: Tenant, path: str = "") -> str:
        """The next service, or the page that shows what came of all; or a path of ours that is about them."""
        return f"{tenant.url(path or self.path or PATH)}?{urlencode({PARAMETER: self.token.reveal()})}"


async def begin(visit: Visit, told: Sequence[Told], onward: Onward | None) -> Round:
    """A new round, kept for the visitor's browser."""
    fresh = Round(new_token(), tuple(told), onward)
    await keep(visit, fresh)
    return fresh


async def keep(visit: Visit, going: Round) -> None:
    """As it stands now."""
    request = {
        "told": [dataclasses.asdict(each) for each in going.told],
        "onward": dataclasses.asdict(going.onward) if going.onward else None,
    }
    stored = AuthorizationRequest(
        id_hash=hash_token(going.token),
        kind=KIND,
        client_id=going.onward.service if going.onward else "",
        request=request,
        created_at=visit.now,
        expires_at=visit.now + SECONDS,
        browser_hash=visit.caller.browser_hash,
    )
    await visit.tx.authorization_requests.add(stored)


async def find(visit: Visit, token: Secret) -> Round | None:
    """The round of this browser; None for one that is over, or another browser's."""
    stored = await visit.tx.authorization_requests.find(hash_token(token), visit.now)
    if stored is None or stored.kind != KIND or stored.browser_hash != visit.caller.browser_hash:
        return None
    return _round(token, stored.request)


async def take(visit: Visit, token: Secret) -> Round | None:
    """The same, taken out: of many requests that want it, one gets it, and keeps what it makes of it."""
    if await find(visit, token) is None:
        return None
    stored = await visit.tx.authorization_requests.consume(hash_token(token), visit.now)
    return _round(token, stored.request) if stored else None


def token_of(request: web.Request) -> Secret:
    """As the address has it."""
    return Secret(request.query.get(PARAMETER, ""))


def send(request: web.Request, visit: Visit, address: str) -> web.Response:
    """The browser to an address, with the cookie by which it is known there."""
    headers = {"Location": address, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    response = web.Response(status=303, headers=headers)
    cookies.give(response, visit.tenant, cookies.BROWSER, cookies.browser_secret(request, visit.tenant))
    return response


def _round(token: Secret, request: Any) -> Round:
    told = tuple(Told(**{**each, "result": Result(each["result"])}) for each in request["told"])
    return Round(token, told, Onward(**request["onward"]) if request["onward"] else None)
