"""The pages of one sample service: home, sign in, callback, sign out."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from jinja2 import Environment, PackageLoader

from idp.web.theme import BUILT_IN, DEFAULT, Theme
from protocols.oidc.sample.relying_party import Login, Pending, Refused, RelyingParty

REMEMBERED = 1000  # visitors; the one who was first is forgotten first
CALLBACK: Final = "/callback"

HTTP = web.AppKey("http", aiohttp.ClientSession)


class Site:
    """One service, at the path of its redirect URI; what it knows of visitors is lost when it ends."""

    def __init__(self, name: str, party: RelyingParty) -> None:
        """Raises ValueError unless the service is called back at `…/callback`."""
        parts = urlsplit(party.redirect_uri)
        if not parts.path.endswith(CALLBACK):
            raise ValueError(f"{party.redirect_uri} does not end with {CALLBACK}")
        self.path = parts.path.removesuffix(CALLBACK)
        self.home = f"{parts.scheme}://{parts.netloc}{self.path}/"
        self._name, self._party = name, party
        self._cookie = f"sample-{party.client.client_id}"
        self._visitors: OrderedDict[str, Pending | Login] = OrderedDict()
        self._style = Theme(DEFAULT, (BUILT_IN,)).style.decode()
        pages = Environment(
            autoescape=True, trim_blocks=True, loader=PackageLoader("protocols.oidc.sample", "")
        )
        self._page = pages.get_template("page.html")

    def setup(self, app: web.Application) -> None:
        app.router.add_get(f"{self.path}/", self.show)
        app.router.add_get(f"{self.path}/login", self.login)
        app.router.add_get(f"{self.path}{CALLBACK}", self.callback)
        app.router.add_post(f"{self.path}/logout", self.logout)

    async def show(self, request: web.Request) -> web.Response:
        """What we were told, or a link to sign in."""
        known = self._visitors.get(request.cookies.get(self._cookie, ""))
        return self._render(login=known if isinstance(known, Login) else None)

    async def login(self, request: web.Request) -> web.Response:
        """Off to the issuer."""
        try:
            url, pending = await self._party.request(request.app[HTTP])
        except Refused as refused:
            return self._render(502, problem=str(refused))
        return self._remember(web.Response(status=303, headers={"Location": url}), pending)

    async def callback(self, request: web.Request) -> web.Response:
        """Back from the issuer, with a code."""
        pending = self._visitors.pop(request.cookies.get(self._cookie, ""), None)
        try:
            if not isinstance(pending, Pending):
                raise Refused("this browser did not begin a login here")
            login = await self._party.conclude(request.app[HTTP], request.query, pending)
        except Refused as refused:
            return self._render(400, problem=str(refused))
        return self._remember(web.Response(status=303, headers={"Location": self.home}), login)

    async def logout(self, request: web.Request) -> web.Response:
        """Forget the visitor; the issuer's own session goes on."""
        self._visitors.pop(request.cookies.get(self._cookie, ""), None)
        return web.Response(status=303, headers={"Location": self.home})

    def _remember(self, response: web.Response, state: Pending | Login) -> web.Response:
        name = secrets.token_urlsafe(32)
        self._visitors[name] = state
        if len(self._visitors) > REMEMBERED:
            self._visitors.popitem(last=False)
        response.set_cookie(self._cookie, name, httponly=True, samesite="Lax", path="/")
        return response

    def _render(self, status: int = 200, **variables: Any) -> web.Response:
        text = self._page.render(
            service=self._name, style=self._style, home=self.home, path=self.path,
            issuer=self._party.issuer, client_id=self._party.client.client_id,
            **{"login": None, "problem": "", **variables},
        )  # fmt: skip
        return web.Response(
            status=status, text=text, content_type="text/html", headers={"Cache-Control": "no-store"}
        )
