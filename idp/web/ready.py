"""Documents that are the same for everybody until the configuration changes: programs ask for them over and over."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Final, Self

from aiohttp import HttpVersion11, hdrs, web
from aiohttp.abc import AbstractStreamWriter

from idp import tracing
from idp.supervisor.work import Stop
from idp.tenant import Tenant
from idp.web.directory import host_of
from keys import base64url

NOSNIFF: Final = ("X-Content-Type-Options", "nosniff")
HSTS: Final = ("Strict-Transport-Security", "max-age=31536000")
ANYBODY: Final = "*"


@dataclass(frozen=True, slots=True)
class Document:
    """One that anybody may read and keep, from a page of any origin too."""

    body: bytes
    etag: str  # without its quotes (RFC 9110 §8.8.3)
    headers: Mapping[str, str]

    @classmethod
    def of(cls, body: bytes, content_type: str, seconds: int) -> Self:
        """`seconds` is for how long it may be kept without asking again."""
        etag = base64url.encode(hashlib.sha256(body).digest()[:16]).decode()
        headers: dict[str, str] = {
            hdrs.CONTENT_TYPE: content_type,
            hdrs.CACHE_CONTROL: f"public, max-age={seconds}",
            hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: ANYBODY,
            "ETag": f'"{etag}"',
        }
        return cls(body, etag, headers)

    def response(self, request: web.Request) -> web.Response:
        """It, or that it is what the client has already (RFC 9110 §13.1.2)."""
        if any(each.value in (self.etag, ANYBODY) for each in request.if_none_match or ()):
            kept = {name: value for name, value in self.headers.items() if name != hdrs.CONTENT_TYPE}
            return web.Response(status=304, headers=kept)
        return web.Response(body=self.body, headers=self.headers)


class Ready(web.StreamResponse):
    """A document as the bytes of an answer. `prepare` sends them all, so that one object may answer everybody."""

    def __init__(self, tenant: Tenant, route: str, document: Document, *, is_head: bool) -> None:
        super().__init__()
        self.tenant: Final = tenant.name
        self.route: Final = route
        always = (NOSNIFF, HSTS) if tenant.is_secure else (NOSNIFF,)
        headers = (*document.headers.items(), *always, (hdrs.CONTENT_LENGTH, str(len(document.body))))
        self._opening = "".join(("HTTP/1.1 200 OK\r\n", *(f"{name}: {said}\r\n" for name, said in headers)))
        self._rest = b"" if is_head else document.body
        self._second = 0
        self._bytes = b""

    @property
    def keep_alive(self) -> bool:
        """Whoever does not want it is answered in the ordinary way."""
        return True

    def at(self, now: int) -> Self:
        """Itself, with that date (epoch seconds)."""
        if now != self._second:
            date = formatdate(now, usegmt=True)
            self._second, self._bytes = now, f"{self._opening}Date: {date}\r\n\r\n".encode() + self._rest
        return self

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter:
        """Send it; whoever reads nothing is waited for."""
        writer = request.writer
        await writer.write(self._bytes)
        await writer.drain()
        return writer

    async def write_eof(self, data: bytes = b"") -> None:
        """All is written."""


class Shelf:
    """What is ready, by the host and the target of a request as programs write them.

    It is a short cut and nothing else: whoever asks in any other way is given the same by the application.
    """

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._ready: dict[str, dict[tuple[str, str], Ready]] = {}

    def put(self, tenant: Tenant, path: str, document: Document) -> None:
        """The tenant's document at `path`, which begins below the tenant's own."""
        by_host = self._ready.setdefault(f"{tenant.prefix}{path}", {})
        host = host_of(tenant.settings.base_url)
        for method in (hdrs.METH_GET, hdrs.METH_HEAD):
            by_host[host, method] = Ready(tenant, path, document, is_head=method == hdrs.METH_HEAD)

    def find(self, request: web.BaseRequest) -> Ready | None:
        """The answer to a request that asks for nothing but a document."""
        by_host = self._ready.get(request.raw_path)
        if by_host is None:
            return None
        headers = request.headers
        ready = by_host.get((headers.get(hdrs.HOST, ""), request.method))
        if ready is None or hdrs.IF_NONE_MATCH in headers or hdrs.EXPECT in headers:
            return None
        if request.version != HttpVersion11 or not request.keep_alive:
            return None
        # who is leaving says so with each answer, and a trace has a span for each
        is_usual = not (self._stop.is_set() or self._stop.leaving.is_set() or tracing.is_on())
        return ready if is_usual else None
