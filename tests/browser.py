"""A browser without a screen: cookies, redirects, forms."""

from __future__ import annotations

import ssl
from http.cookies import SimpleCookie
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from tests.page import Form, Page
from tests.people import Person

MAXIMUM_STEPS = 12


class _Loopback(AbstractResolver):
    """Every name under .localhost is this machine (RFC 6761 §6.3); nothing else is looked up."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        assert host.endswith("localhost"), f"{host} is not on this machine"
        return [ResolveResult(hostname=host, host=self._address, port=port, family=2, proto=0, flags=0)]

    async def close(self) -> None:
        return


async def _note(
    _session: aiohttp.ClientSession, context: Any, _: aiohttp.TraceConnectionReuseconnParams
) -> None:
    context.trace_request_ctx.append(True)


class Browser:
    """One person's browser. Cookies are kept by host, name and path, and sent as RFC 6265 says."""

    def __init__(
        self,
        accept_language: str = "en",
        tls: ssl.SSLContext | None = None,
        naming: frozenset[str] = frozenset(),
        address: str = "127.0.0.1",
        own: str = "",
        resolver: AbstractResolver | None = None,
    ) -> None:
        """`naming` are hosts of others whose cookies may name the host as their domain; `address` is this machine's.

        `own` is the address from which it comes, where that matters. With a `resolver` each request is a connection of
        its own, to where that says.
        """
        self.accept_language = accept_language
        self.naming = naming
        self.cookies: dict[tuple[str, str, str], Any] = {}  # (host, path, name) → morsel
        self.seen: list[Page] = []
        connector = aiohttp.TCPConnector(
            resolver=resolver or _Loopback(address),
            limit=0,
            ssl=tls or True,
            local_addr=(own, 0) if own else None,
            use_dns_cache=resolver is None,
            force_close=resolver is not None,
        )
        watch = aiohttp.TraceConfig()
        watch.on_connection_reuseconn.append(_note)
        self._http = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=True,
            trace_configs=[watch],
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; cookies stay."""
        await self._http.close()

    async def request(
        self,
        method: str,
        url: str,
        data: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        cookies: bool = True,
    ) -> Page:
        """One exchange; redirects are not followed. Without `cookies` none is sent."""
        sent = {"Accept-Language": self.accept_language, **(headers or {})}
        if cookies and (cookie := self._cookie_header(url)):
            sent["Cookie"] = cookie
        reused: list[bool] = []
        try:
            page = await self._exchange(method, url, data, sent, reused)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
            # As every browser does: it was kept open, and its end and our request met on the way (RFC 9112 §9.3.1).
            if not reused:
                raise
            page = await self._exchange(method, url, data, sent, [])
        self.seen.append(page)
        return page

    async def _exchange(
        self, method: str, url: str, data: dict[str, str] | None, sent: dict[str, str], reused: list[bool]
    ) -> Page:
        """`reused` is told whether the connection had served before; what ends in the middle of an answer is raised
        as another error.
        """
        target = URL(url, encoded=True)
        async with self._http.request(
            method, target, data=data, headers=sent, allow_redirects=False, trace_request_ctx=reused
        ) as response:
            body = await response.read()
            self._keep(url, response.headers.getall("Set-Cookie", []))
            return Page.read(url, response.status, response.headers, body)

    async def get(self, url: str, stop: str = "\0", **kwargs: Any) -> Page:
        """GET and follow redirects until a page, or an address that begins with `stop`."""
        return await self._follow(await self.request("GET", url, **kwargs), stop)

    async def submit(
        self, page: Page, typed: dict[str, str], stop: str = "\0", form: Form | None = None
    ) -> Page:
        """Send a form of `page`, the login form unless another is given, with `typed` over its fields."""
        form = form or page.form
        assert form.method == "post"
        target = urljoin(page.url, form.action)
        return await self._follow(await self.request("POST", target, {**form.fields, **typed}), stop)

    async def answer(self, page: Page, text: str, stop: str = "\0") -> Page:
        """Type `text` into the open question."""
        return await self.submit(page, {page.asked: text}, stop)

    async def login(self, start: str | Page, person: Person, stop: str) -> Page:
        """Answer whatever is asked until a redirect leads to `stop`, or a page asks nothing more.

        Each question is answered once: a server that asks again has refused, and the test sees its page.
        """
        page = await self.get(start, stop) if isinstance(start, str) else start
        answered: set[str] = set()
        while page.asked and page.asked not in answered and not (page.location or "").startswith(stop):
            answered.add(page.asked)
            page = await self.answer(page, person.reply(page), stop)
        return page

    def cookie(self, name_end: str) -> str | None:
        """The value of the cookie whose name ends so."""
        return next(
            (morsel.value for (_, _, name), morsel in self.cookies.items() if name.endswith(name_end)), None
        )

    def adopt(self, other: Browser) -> None:
        """Take over all cookies: what a thief of the jar would have."""
        self.cookies = dict(other.cookies)

    async def _follow(self, page: Page, stop: str) -> Page:
        for _ in range(MAXIMUM_STEPS):
            if page.location is None or page.location.startswith(stop):
                return page
            page = await self.request("GET", page.location)
        raise AssertionError(f"redirects without end, last {page.url}")

    def _keep(self, url: str, lines: list[str]) -> None:
        host = urlsplit(url).hostname or ""
        for line in lines:
            for name, morsel in SimpleCookie(line).items():
                own = morsel["domain"] == host and host in self.naming  # what lies below it is not asked here
                assert not morsel["domain"] or own, f"{name} would be sent to other hosts"
                key = (host, morsel["path"] or "/", name)
                if morsel["max-age"] == "0" or "1970" in morsel["expires"]:
                    self.cookies.pop(key, None)
                else:
                    self.cookies[key] = morsel

    def _cookie_header(self, url: str) -> str:
        parts = urlsplit(url)
        host, path = parts.hostname or "", parts.path or "/"
        secure = parts.scheme == "https" or host.endswith("localhost") or host == "127.0.0.1"
        return "; ".join(
            f"{name}={morsel.value}"
            for (owner, scope, name), morsel in self.cookies.items()
            if owner == host
            and (path == scope or path.startswith(scope.rstrip("/") + "/"))
            and (secure or not morsel["secure"])
        )
