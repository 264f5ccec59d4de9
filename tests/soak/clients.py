"""Everybody who comes while the server is watched: people, services, NASes, and those who guess."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import struct
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, Final

import pyotp

from tests.bench.browser import Browser, Failed
from tests.bench.client import Party
from tests.bench.service_provider import ServiceProvider
from tests.bench.target import Target
from tests.bench.walk import forms
from tests.protocols.radius.nas import ACCEPT, NAS, REJECT, SECRET, encoded

STAYING: Final = 8  # browsers that stay signed in
RENEWED_SECONDS: Final = (
    240.0  # of the server's time: then they sign in anew, before their session is too old
)
CODES: Final = 600  # people with a token: each comes seldom enough for a new code
TOKEN: Final = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
PATIENCE_SECONDS: Final = 20.0
# What is done, and how often.
MIX: Final = {
    "login": 4, "sso": 4, "refresh": 4, "saml": 2, "saml_sso": 2, "discovery": 2, "client_credentials": 2,
    "introspection": 2, "par": 1, "abandoned": 1, "wrong_guess": 2, "radius_code": 4, "radius_wrong": 2,
    "accounting": 2, "idle_connection": 1,
}  # fmt: skip

Operation = Callable[[], Awaitable[None]]


class Clients:
    """One operation at a time begins, whatever became of those before."""

    def __init__(self, target: Target, radius: int, accounting: int) -> None:
        self.seconds: defaultdict[str, list[float]] = defaultdict(list)  # since they were last looked at
        self.failures: Counter[str] = Counter()
        self._target = target
        self._ports = radius, accounting
        self._party, self._provider = Party(target), ServiceProvider(target)
        self._staying: list[tuple[Browser, dict[str, Any], float]] = []
        self._count = 0
        self._idle: list[asyncio.StreamWriter] = []

    async def prepare(self) -> None:
        async with Browser() as browser:
            await self._party.discover(browser)
            await self._provider.discover(browser)

    async def keep_coming(self, rate: float) -> None:
        """So many operations a second, at random moments; whoever has to wait does not keep the next away."""
        under_way: set[asyncio.Task[None]] = set()
        names, weights = list(MIX), list(MIX.values())
        while True:
            await asyncio.sleep(random.expovariate(rate))
            name = random.choices(names, weights)[0]
            task = asyncio.create_task(self._timed(name, getattr(self, f"_{name}")))
            under_way.add(task)
            task.add_done_callback(under_way.discard)

    async def close(self) -> None:
        for browser, _, _ in self._staying:
            await browser.__aexit__()
        for writer in self._idle:
            writer.close()

    async def _timed(self, name: str, operation: Operation) -> None:
        began = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await operation()
        except (Failed, OSError, KeyError, AssertionError) as failure:
            self.failures[f"{name}: {failure!r}"[:200]] += 1
        else:
            self.seconds[name].append(time.perf_counter() - began)

    def _next(self) -> int:
        self._count += 1
        return self._count

    async def _stays(self) -> tuple[Browser, dict[str, Any], float]:
        """A browser that is signed in, taken out of those who stay."""
        while len(self._staying) >= STAYING:
            browser, tokens, since = self._staying.pop(0)
            if time.time() - since < RENEWED_SECONDS:
                return browser, tokens, since
            await browser.__aexit__()
        browser = Browser()
        return browser, await self._party.login(browser, self._next()), time.time()

    async def _with_one_who_stays(
        self, what: Callable[[Browser, dict[str, Any]], Awaitable[dict[str, Any] | None]]
    ) -> None:
        browser, tokens, since = await self._stays()
        try:
            tokens = await what(browser, tokens) or tokens
        except BaseException:
            await browser.__aexit__()
            raise
        self._staying.append((browser, tokens, since))

    async def _login(self) -> None:
        number = self._next()
        async with Browser() as browser:
            await self._party.login(browser, number, verify=number % 25 == 0)

    async def _saml(self) -> None:
        async with Browser() as browser:
            await self._provider.login(browser, self._next())

    async def _sso(self) -> None:
        async def again(browser: Browser, _: dict[str, Any]) -> None:
            await self._party.login(browser, 0, asked=False)

        await self._with_one_who_stays(again)

    async def _saml_sso(self) -> None:
        async def again(browser: Browser, _: dict[str, Any]) -> None:
            await self._provider.login(browser, 0, asked=False)

        await self._with_one_who_stays(again)

    async def _refresh(self) -> None:
        await self._with_one_who_stays(self._party.refresh)

    async def _introspection(self) -> None:
        await self._with_one_who_stays(self._party.introspect)

    async def _discovery(self) -> None:
        async with Browser() as browser:
            await self._party.discover(browser)

    async def _client_credentials(self) -> None:
        async with Browser() as browser:
            await self._party.in_own_name(browser)

    async def _par(self) -> None:
        async with Browser() as browser:
            await self._party.push(browser)

    async def _abandoned(self) -> None:
        """Somebody who sees the login page, and goes."""
        async with Browser() as browser:
            page = await browser.send("GET", f"{self._target.issuer}/")
            if page.status != 200 and not page.location:
                raise Failed(f"portal {page.status}")

    async def _wrong_guess(self) -> None:
        async with Browser() as browser:
            page = await browser.send("GET", f"{self._target.issuer}/")
            while page.location:
                page = await browser.send("GET", page.location)
            for typed in ({"username": f"guessed{self._next() % CODES}"}, {"answer": "000000"}):
                action, fields = next(each for each in forms(page) if typed.keys() & each[1].keys())
                page = await browser.send("POST", action, {**fields, **typed})
                while page.location:
                    page = await browser.send("GET", page.location)
            if page.status >= 500:
                raise Failed(f"a wrong guess: {page.status}")

    async def _radius_code(self) -> None:
        code = pyotp.TOTP(TOKEN).at(int(time.time()))
        await self._ask(f"code{self._next() % CODES}", code, ACCEPT)

    async def _radius_wrong(self) -> None:
        await self._ask(f"guessed{self._next() % CODES}", "000000000", REJECT)

    async def _ask(self, name: str, password: str, expected: int) -> None:
        with NAS(self._ports[0]) as nas:
            found = await asyncio.to_thread(nas.ask, nas.pap(name, password))
        if found.code != expected:
            raise Failed(f"RADIUS answered {found.code}")

    async def _accounting(self) -> None:
        """A session that begins and ends."""
        identity = os.urandom(8).hex().encode()
        with NAS(self._ports[1]) as nas:
            for status in (1, 2):
                body = encoded(
                    [
                        (40, struct.pack("!I", status)),
                        (44, identity),
                        (1, b"code1"),
                        (4, bytes((127, 0, 0, 1))),
                    ]
                )
                head = struct.pack("!BBH", 4, status, 20 + len(body))
                packet = head + hashlib.md5(head + bytes(16) + body + SECRET).digest() + body
                found = await asyncio.to_thread(nas.ask, packet)
                if found.code != 5:
                    raise Failed(f"accounting answered {found.code}")

    async def _idle_connection(self) -> None:
        """One that is opened, and never used; twenty at most."""
        host, _, port = self._target.issuer.partition("//")[2].partition(":")
        _, writer = await asyncio.open_connection(host, int(port))
        self._idle.append(writer)
        if len(self._idle) > 20:
            self._idle.pop(0).close()
