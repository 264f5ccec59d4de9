"""A browser, or a service's program, that never asks one node twice in a row and asks again when it is told to."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import aiohttp

from tests.browser import Browser
from tests.faults.cluster.balancer import Balancer, Wandering
from tests.faults.cluster.meter import Meter
from tests.page import Page

ANSWER_SECONDS = 30.0  # for one answer; no node may take so long, whatever the database does
GIVEN_UP_SECONDS = 90.0
PAUSE_SECONDS = 0.2  # after a connection that failed


class GaveUp(AssertionError):
    """Nobody answered for so long that the client went away."""


class Wanderer(Browser):
    """`doubts` counts requests of which nobody can say whether they were done."""

    def __init__(self, balancer: Balancer, meter: Meter) -> None:
        super().__init__(resolver=Wandering(balancer))
        self._meter = meter
        self.doubts = 0

    async def request(
        self,
        method: str,
        url: str,
        data: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        cookies: bool = True,
    ) -> Page:
        """Until there is an answer that is not 503."""
        until = time.monotonic() + GIVEN_UP_SECONDS
        while time.monotonic() < until:
            pause = PAUSE_SECONDS
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    page = await super().request(method, url, data, headers, cookies)
            except aiohttp.ClientConnectorError:  # nothing was sent
                self._meter.saw("refused")
            except (aiohttp.ClientError, ConnectionError) as error:
                self._doubt("reset" if not isinstance(error, aiohttp.ServerTimeoutError) else "timeout")
            except TimeoutError:
                self._doubt("timeout")
            else:
                if page.status != 503:
                    self._meter.saw("ok")
                    self._judge(page)
                    return page
                pause = self._put_off(page)
            await asyncio.sleep(pause)
        self._meter.violations.append(f"{method} {url.partition('?')[0]}: nobody answered")
        raise GaveUp(url)

    def _doubt(self, kind: str) -> None:
        self.doubts += 1
        self._meter.saw(kind)

    def _put_off(self, page: Page) -> float:
        """How long to wait, as the answer says (RFC 9110 §10.2.3)."""
        self._doubt("503")
        said: Any = json.loads(page.body) if "json" in page.headers.get("Content-Type", "") else None
        if not page.headers.get("Retry-After", "").isdigit():
            self._meter.violations.append(f"{page.url.partition('?')[0]}: 503 without Retry-After")
        elif said is not None and said["error"] != "temporarily_unavailable":
            self._meter.violations.append(f"{page.url.partition('?')[0]}: 503 that says {said}")
        return PAUSE_SECONDS  # at another node, so that it need not wait as long

    def _judge(self, page: Page) -> None:
        if page.status >= 500:
            words = f"{page.url.partition('?')[0]}: {page.status} {page.body[:200]!r}"
            self._meter.violations.append(words)
