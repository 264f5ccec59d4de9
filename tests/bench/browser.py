"""A lean browser: no more work than is needed, so that the server is measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urljoin

import aiohttp
from yarl import URL


class Failed(Exception):
    """An operation did not end as it must."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One response, read."""

    url: str
    status: int
    body: str
    location: str | None


class Browser:
    """One virtual user's connection and cookies."""

    def __init__(self) -> None:
        self.cookies: dict[str, str] = {}
        self.requests = 0
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=1), cookie_jar=aiohttp.DummyCookieJar()
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def send(
        self, method: str, url: str, data: Mapping[str, str] | None = None, authorization: str = ""
    ) -> Answered:
        """One exchange. A service's call has `authorization` and carries no cookies."""
        headers = {"Authorization": authorization} if authorization else {}
        if self.cookies and not authorization:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        async with self._http.request(
            method, URL(url, encoded=True), data=data, headers=headers, allow_redirects=False
        ) as response:
            self.requests += 1
            for line in response.headers.getall("Set-Cookie", ()):
                name, _, value = line.partition(";")[0].partition("=")
                self.cookies[name] = value
                if not value:
                    del self.cookies[name]
            location = response.headers.get("Location")
            where = urljoin(url, location) if location else None
            return Answered(url, response.status, await response.text(), where)
