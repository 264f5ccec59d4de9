"""Services with a web server of their own, which are told when a session ends, and the server that tells them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp import web
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.browser import Browser
from tests.configuration import TenantFolder
from tests.kept import Kept
from tests.page import Page
from tests.people import ALICE, Person
from tests.relying_party import RelyingParty, Tokens
from tests.running import Browsers, Database, browsers, database
from tests.server import Server, free_port, running

__all__ = ["browsers", "database", "services", "site", "visitor"]

PORTS: dict[str, int] = {}
BACK = ("wiki", "desk", "slow", "app")  # told by us
FRONT = ("files", "desk")  # told by the browser
NAMES = ("wiki", "files", "desk", "slow", "app", "mail")
SCOPES = ["openid", "profile", "email", "offline_access"]
AFTERWARDS = "/signed-out?from=idp"


@dataclass
class Service:
    """One relying party, running."""

    name: str
    logout_tokens: list[str] = field(default_factory=list)
    frames: list[dict[str, str]] = field(default_factory=list)
    returned: list[dict[str, str]] = field(default_factory=list)
    status: int = 200  # what it answers when it is told
    pause: float = 0

    @property
    def url(self) -> str:
        return f"http://localhost:{PORTS[self.name]}"

    @property
    def callback(self) -> str:
        return f"{self.url}/callback"

    @property
    def afterwards(self) -> str:
        return f"{self.url}{AFTERWARDS}"

    def party(self, browser: Browser, issuer: str) -> RelyingParty:
        scope = "openid offline_access" if self.name == "app" else "openid"
        return RelyingParty(browser, issuer, self.name, redirect_uri=self.callback, scope=scope)

    async def told(self, times: int = 1, seconds: float = 20) -> None:
        until = time.monotonic() + seconds
        while len(self.logout_tokens) < times:
            assert time.monotonic() < until, f"{self.name} was told {len(self.logout_tokens)} times"
            await asyncio.sleep(0.02)

    async def start(self) -> web.AppRunner:
        app = web.Application()
        app.add_routes([
            web.post("/backchannel", self._backchannel),
            web.get("/frontchannel", self._frontchannel),
            web.get("/signed-out", self._signed_out),
        ])  # fmt: skip
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", PORTS[self.name], reuse_address=True).start()
        return runner

    async def _backchannel(self, request: web.Request) -> web.Response:
        assert request.content_type == "application/x-www-form-urlencoded"
        form = await request.post()
        await asyncio.sleep(self.pause)
        self.logout_tokens.append(str(form["logout_token"]))
        return web.Response(status=self.status, headers={"Cache-Control": "no-store"})

    async def _frontchannel(self, request: web.Request) -> web.Response:
        self.frames.append(dict(request.query))
        return web.Response(text="signed out", content_type="text/html")

    async def _signed_out(self, request: web.Request) -> web.Response:
        self.returned.append(dict(request.query))
        return web.Response(text="<h1>Bye</h1>", content_type="text/html")


def new_site(folder: Any, url: str, workers: int = 1) -> Server:
    """Not started; every service of `NAMES` is registered."""
    one = Server(folder, url, workers=workers)
    one.tenant.settings["oidc"] = {"outbound_allow": ["localhost"]}
    for name in NAMES:
        service = Service(name)
        PORTS.setdefault(name, free_port())
        channels: dict[str, Any] = {"post_logout_redirect_uris": [service.afterwards], "scopes": SCOPES}
        if name in BACK:
            channels["backchannel_logout_uri"] = f"{service.url}/backchannel"
        if name in FRONT:
            channels["frontchannel_logout_uri"] = f"{service.url}/frontchannel?by=idp"
        if name == "files":
            channels["session_management"] = True
        one.tenant.add_service(name, service.callback, **channels)
    plain = TenantFolder("plain", f"{one.url}/plain")
    plain.add_service("wiki", Service("wiki").callback)
    one.configuration.tenants.append(plain)
    return one


@pytest.fixture(scope="session")
def site(database: Database, kept: Kept, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """Two workers, on each database."""

    def make() -> Iterator[Server]:
        for one in running(new_site(tmp_path_factory.mktemp("site"), database(), workers=2)):
            one.add_people()
            yield one

    return kept.once(("signing out", database.store), make)


@pytest.fixture
async def services(site: Server) -> AsyncIterator[dict[str, Service]]:
    """All of them, by name."""
    async with serving() as started:
        yield started


@asynccontextmanager
async def serving() -> AsyncIterator[dict[str, Service]]:
    """They answer on the loop that runs."""
    async with AsyncExitStack() as stack:
        started = {name: Service(name) for name in NAMES}
        for service in started.values():
            stack.push_async_callback((await service.start()).cleanup)
        yield started


class Visitor:
    """A person in a browser who signs in to services, and out of them."""

    def __init__(self, site: Server, services: dict[str, Service], browser: Browser) -> None:
        self.site, self.services, self.browser = site, services, browser
        self.tokens: dict[str, Tokens] = {}
        self.parties: dict[str, RelyingParty] = {}

    async def enter(self, *names: str, person: Person = ALICE) -> None:
        """Sign in; after the first service nothing is asked."""
        for name in names:
            self.parties[name] = self.services[name].party(self.browser, self.site.url)
            self.tokens[name] = await self.parties[name].login(person)

    @property
    def sid(self) -> str:
        (sid,) = {tokens.claims["sid"] for tokens in self.tokens.values()}
        return str(sid)

    def address(self, **parameters: str) -> str:
        return f"{self.site.url}/oidc/logout?{urlencode(parameters)}"

    async def leave(self, name: str, **changed: str | None) -> Page:
        """As the service sends the browser; redirects are shown, not followed."""
        right: dict[str, str | None] = {
            "id_token_hint": self.tokens[name].id_token,
            "post_logout_redirect_uri": self.services[name].afterwards,
            "state": "a state",
        }
        given = {key: value for key, value in (right | changed).items() if value is not None}
        return await self.browser.request("GET", self.address(**given))

    async def yes(self, page: Page) -> Page:
        """Press the button."""
        form = next(form for form in page.forms if form.method == "post")
        return await self.browser.submit(page, {}, form=form, stop="http://localhost")

    async def is_in(self) -> bool:
        page = await self.browser.get(f"{self.site.url}/")
        return page.asked == ""

    async def verified(self, token: str, client_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Header and claims of a logout token, its signature checked by the published keys."""
        keys = await self.browser.request("GET", f"{self.site.url}/oidc/jwks")
        key_set = KeySet.import_key_set(json.loads(keys.body))
        decoded = jwt.decode(token, key_set, algorithms=["RS256", "ES256"])
        assert decoded.claims["aud"] == client_id
        return dict(decoded.header), dict(decoded.claims)


@pytest.fixture
async def visitor(site: Server, services: dict[str, Service], browsers: Browsers) -> Visitor:
    return Visitor(site, services, browsers())


def results(page: Page) -> dict[str, str]:
    """What the page says of each service: the class of its line."""
    found: dict[str, str] = {}
    for line in page.text.split("<li class=")[1:]:
        result = line.partition('"')[2].partition('"')[0]
        found[line.partition("<span>")[2].partition("</span>")[0]] = result
    return found
