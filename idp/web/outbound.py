"""The one way out: requests to addresses that somebody else chose, so that they lead to nobody's inner network.

Only https, and plain http to this machine where that is allowed. We look the name up ourselves, look at every
address it has, and connect to one of those; redirects are not followed; time and size are bounded.
"""

from __future__ import annotations

import asyncio
import dataclasses
import ipaddress
import socket
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from idp.config.loopback import is_loopback
from idp.tracing import CLIENT, traced
from idp.web.public_address import Address, bare, is_public, literal

SECONDS: Final = 4.0  # in all, from the look-up to the last byte
CONNECT_SECONDS: Final = 2.0
MAXIMUM_BYTES: Final = 64 * 1024
HEADERS: Final = {"Accept-Encoding": "identity", "User-Agent": "Masugata"}  # nothing that could be unpacked
Body = Mapping[str, str] | aiohttp.BytesPayload


class OutboundError(Exception):
    """The request was not made, or not answered as it should; says why in words for the administrator."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long one request may take in all, and how much may come back."""

    seconds: float
    maximum_bytes: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    content_type: str
    body: bytes


def _about(_: Outbound, method: str, url: str, *__: object) -> dict[str, str]:
    """Whom we ask; never what: an address may hold what is a secret there."""
    return {"http.request.method": method, "server.address": urlsplit(url).hostname or ""}


class Outbound:
    """Requests on behalf of one tenant."""

    def __init__(self, allow: Collection[str], *, is_demo: bool = False) -> None:
        """`allow` are hosts that may have any address; a demo tenant may also reach this machine."""
        self._allow = frozenset(host.lower() for host in allow)
        self._is_demo = is_demo

    async def get(self, url: str) -> Answer:
        """Raises `OutboundError`. Answers with another status than 2xx are for the caller to judge."""
        return await self._whole("GET", url, None)

    async def post(self, url: str, body: Body) -> Answer:
        """The same with a form, or whatever else says its own content type."""
        return await self._whole("POST", url, body)

    async def stream(self, url: str, accept: str, limits: Limits, take: Callable[[bytes], None]) -> int:
        """Like `get` for what is too large to be held; `take` is given the body of a 200 piece by piece.

        Returns the status. What `take` raises ends it; it must be neither an OSError nor a ValueError.
        """
        return (await self._send("GET", url, None, limits, take, accept)).status

    async def locate(self, host: str, port: int) -> list[str]:
        """Addresses of a host that we may connect to by something else than HTTP. Raises `OutboundError`."""
        resolver = _Vetting(self._is_free(host), is_plain=False)
        try:
            return [each["host"] for each in await resolver.resolve(host, port)]
        except OSError:
            raise OutboundError("the host name is unknown") from None

    async def _whole(self, method: str, url: str, body: Body | None) -> Answer:
        back, limits = bytearray(), Limits(SECONDS, MAXIMUM_BYTES)
        return dataclasses.replace(await self._send(method, url, body, limits, back.extend), body=bytes(back))

    @traced("outbound", _about, CLIENT)
    async def _send(
        self,
        method: str,
        url: str,
        body: Body | None,
        limits: Limits,
        take: Callable[[bytes], None],
        accept: str = "",  # of a page that says otherwise than 200 nothing is read
    ) -> Answer:
        parts = urlsplit(url)
        resolver = _Vetting(self._is_free(parts.hostname or ""), is_plain=parts.scheme != "https")
        connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, limit=1)
        try:
            if parts.scheme not in ("https", "http") or not parts.hostname:
                raise OutboundError("the address is none of https")
            resolver.vet_literal(parts.hostname)  # the connector would not ask about these
            async with (
                asyncio.timeout(limits.seconds),
                aiohttp.ClientSession(
                    connector=connector,
                    cookie_jar=aiohttp.DummyCookieJar(),
                    headers=HEADERS | ({"Accept": accept} if accept else {}),
                    auto_decompress=False,
                    timeout=aiohttp.ClientTimeout(total=limits.seconds, connect=CONNECT_SECONDS),
                ) as session,
                session.request(method, URL(url, encoded=True), data=body, allow_redirects=False) as response,
            ):
                if not accept or response.status == HTTPStatus.OK:
                    await _read(response, limits.maximum_bytes, take)
                return Answer(response.status, response.content_type, b"")
        except TimeoutError:
            raise OutboundError(f"no answer within {limits.seconds:.0f} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise OutboundError(reason(error)) from None
        finally:
            await connector.close()

    def _is_free(self, host: str) -> bool:
        """Whether the host may have any address."""
        return host.lower() in self._allow or (self._is_demo and is_loopback(host))


class _Vetting(AbstractResolver):
    """Looks names up and lets no address pass that is not public, unless the host is free to have it."""

    def __init__(self, is_free: bool, *, is_plain: bool) -> None:
        self._is_free = is_free
        self._is_plain = is_plain

    def vet_literal(self, host: str) -> None:
        if (address := literal(host)) is not None:
            self._vet([address])

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        addresses = [str(sockaddr[0]) for *_, sockaddr in found]
        # All of them: a name with one public and one private address is not what it seems.
        self._vet([ipaddress.ip_address(address.partition("%")[0]) for address in addresses])
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=family,
                proto=proto,
                flags=socket.AI_NUMERICHOST,
            )
            for (family, _, proto, _, _), address in zip(found, addresses, strict=True)
        ]

    async def close(self) -> None:
        return

    def _vet(self, addresses: list[Address]) -> None:
        if self._is_plain and not (self._is_free and all(bare(each).is_loopback for each in addresses)):
            raise OutboundError("plain http is for this machine only, where outbound_allow lists the host")
        if not self._is_free and not all(map(is_public, addresses)):
            raise OutboundError("the host has a private address and is not listed in outbound_allow")


async def _read(response: aiohttp.ClientResponse, maximum: int, take: Callable[[bytes], None]) -> None:
    total = 0
    async for chunk in response.content.iter_chunked(MAXIMUM_BYTES):
        total += len(chunk)
        if total > maximum:
            raise OutboundError(f"the answer is larger than {maximum} bytes")
        take(chunk)


def reason(error: Exception, otherwise: str = "no proper answer") -> str:
    """Why a request failed. Never the library's own text: it may repeat the address with its query."""
    match error:
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return "the certificate is not valid"
        case aiohttp.ClientConnectorDNSError():
            return "the host name is unknown"
        case aiohttp.ClientConnectorError() | ConnectionError():
            return "no connection"
    return otherwise
