"""A browser without a screen: cookies, redirects, forms, the matrix. It reads structure, never words."""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import aiohttp
import pyotp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

REDIRECTS = (301, 302, 303, 307, 308)
MAXIMUM_STEPS = 12
COLUMNS = "ABCDEFGHIJKL"
Table = list[list[str]]


def answer(pattern: str, table: Table) -> str:
    """The digits along a pattern such as `A1 F2 K3`."""
    return "".join(table[int(cell[1:]) - 1][COLUMNS.index(cell[0])] for cell in pattern.split())


def wrong_answer(pattern: str, table: Table) -> str:
    """As long as the right answer and wrong at every place."""
    return "".join(str((int(digit) + 1) % 10) for digit in answer(pattern, table))


@dataclass
class Form:
    """One form of a page; `fields` holds what it would send untouched."""

    action: str
    method: str = "get"
    fields: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, dict[str, str | None]] = field(default_factory=dict)  # attributes of each by its name


class _Reader(HTMLParser):
    """Collects forms, links, the matrix, and the text of alerts."""

    VOID = frozenset(("input", "img", "br", "hr", "meta", "link", "col", "wbr"))

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.table: Table | None = None
        self.alerts: list[str] = []
        self.language = ""
        self._open: list[tuple[str, str]] = []  # tag and what it means to us

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        meaning = ""
        match tag:
            case "html":
                self.language = given.get("lang") or ""
            case "form":
                self.forms.append(Form(given.get("action") or "", (given.get("method") or "get").lower()))
            case "input" if self.forms and (name := given.get("name")):
                self.forms[-1].inputs[name] = given
                self.forms[-1].fields[name] = given.get("value") or ""
            case "a" if given.get("href"):
                self.links.append(given["href"] or "")
            case "table" if given.get("id") == "matrix":
                self.table, meaning = [], "matrix"
            case "tr" if self._is_in("matrix"):
                assert self.table is not None
                self.table.append([])
            case "td" if self._is_in("matrix"):
                meaning = "cell"
        if given.get("role") == "alert":
            self.alerts.append("")
            meaning = "alert"
        if tag not in self.VOID:
            self._open.append((tag, meaning))

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            opened, _ = self._open.pop()
            if opened == tag:
                break

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][1] == "cell" and self.table:
            self.table[-1].append(data.strip())
        if self._is_in("alert"):
            self.alerts[-1] += data

    def _is_in(self, meaning: str) -> bool:
        return any(held == meaning for _, held in self._open)


@dataclass
class Page:
    """An answer, read."""

    url: str
    status: int
    headers: Any
    body: bytes
    forms: list[Form] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    table: Table | None = None
    alerts: list[str] = field(default_factory=list)
    language: str = ""

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def location(self) -> str | None:
        """Where a redirect leads, absolute."""
        if self.status not in REDIRECTS:
            return None
        return urljoin(self.url, self.headers["Location"])

    @property
    def form(self) -> Form:
        """The login form: the one with a field that we can answer."""
        return next(form for form in self.forms if form.inputs.keys() & set(ASKED))

    @property
    def asked(self) -> str:
        """The name of the open question's field; empty where nothing is asked."""
        for form in self.forms:
            for name in ASKED:
                if name in form.inputs:
                    return name
        return ""

    @classmethod
    def read(cls, url: str, status: int, headers: Any, body: bytes) -> Page:
        page = cls(url, status, headers, body)
        if headers.get("Content-Type", "").startswith("text/html"):
            reader = _Reader()
            reader.feed(body.decode())
            page.forms, page.links, page.alerts = reader.forms, reader.links, reader.alerts
            page.language = reader.language
            if reader.table is not None:
                page.table = [row for row in reader.table if row]
        return page


ASKED = ("username", "password", "answer")


@dataclass(frozen=True)
class Person:
    """Somebody with what he knows and holds."""

    name: str
    pattern: str | None = None
    password: str | None = None
    totp: str | None = None

    def reply(self, page: Page) -> str:
        """What he types into the open question."""
        match page.asked:
            case "username":
                return self.name
            case "password":
                assert self.password is not None, f"{self.name} has no password"
                return self.password
            case "answer" if page.table is not None:
                assert self.pattern is not None, f"{self.name} has no pattern"
                return answer(self.pattern, page.table)
            case "answer":
                assert self.totp is not None, f"{self.name} has no token"
                return pyotp.TOTP(self.totp).at(int(time.time()))
        raise AssertionError(f"nothing is asked on {page.url} ({page.status}): {page.text[:400]}")


class _Loopback(AbstractResolver):
    """Every name under .localhost is this machine (RFC 6761 §6.3); nothing else is looked up."""

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        assert host.endswith("localhost"), f"{host} is not on this machine"
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=2, proto=0, flags=0)]

    async def close(self) -> None:
        return


class Browser:
    """One person's browser. Cookies are kept by host, name and path, and sent as RFC 6265 says."""

    def __init__(self, accept_language: str = "en", tls: ssl.SSLContext | None = None) -> None:
        self.accept_language = accept_language
        self.cookies: dict[tuple[str, str, str], Any] = {}  # (host, path, name) → morsel
        self.seen: list[Page] = []
        connector = aiohttp.TCPConnector(resolver=_Loopback(), limit=0, ssl=tls or True)
        self._http = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=True
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
        async with self._http.request(
            method, URL(url, encoded=True), data=data, headers=sent, allow_redirects=False
        ) as response:
            body = await response.read()
            self._keep(url, response.headers.getall("Set-Cookie", []))
            page = Page.read(url, response.status, response.headers, body)
        self.seen.append(page)
        return page

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
        """Answer whatever is asked until a redirect leads to `stop`, or a page asks nothing more."""
        page = await self.get(start, stop) if isinstance(start, str) else start
        for _ in range(MAXIMUM_STEPS):
            if not page.asked or (page.location or "").startswith(stop):
                return page
            page = await self.answer(page, person.reply(page), stop)
        raise AssertionError(f"the login went in circles, last {page.url}")

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
                assert not morsel["domain"], f"{name} would be sent to other hosts"
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
