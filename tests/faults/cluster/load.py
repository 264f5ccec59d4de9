"""People at every door, from node to node, for as long as it takes; what they are told goes into the ledger."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar
from urllib.parse import urlencode

from tests.faults.cluster.balancer import Balancer
from tests.faults.cluster.dial_in import DialIn
from tests.faults.cluster.ledger import Ledger, Login
from tests.faults.cluster.meter import Meter
from tests.faults.cluster.node import PROVIDER
from tests.faults.cluster.wanderer import GaveUp, Wanderer
from tests.people import Person
from tests.relying_party import CALLBACK, Denied, RelyingParty, Tokens
from tests.service_provider import ServiceProvider

SCOPE = "openid profile email offline_access"
THINKING_SECONDS = 0.15
REFRESHES = 2

T = TypeVar("T")


class Load:
    """One virtual user a task; each takes the next person of the crowd, so that nobody is two at once."""

    def __init__(
        self, balancer: Balancer, url: str, radius: int, crowd: Sequence[Person], codes: Sequence[Person]
    ) -> None:
        self.meter, self.ledger = Meter(), Ledger()
        self._balancer = balancer
        self._url = url
        self._radius = radius
        self._people = crowd, codes
        self._crowd = itertools.cycle(crowd)
        self._codes = itertools.cycle(codes)
        self._over = asyncio.Event()
        self._count = itertools.count()

    def anew(self) -> Load:
        """The same people, with nothing written down."""
        return Load(self._balancer, self._url, self._radius, *self._people)

    @asynccontextmanager
    async def running(self, oidc: int = 3, saml: int = 1, radius: int = 2) -> AsyncIterator[None]:
        """So many at each door while the block runs; then each finishes what he has begun."""
        self._over.clear()
        doors: dict[str, tuple[int, Callable[[], Awaitable[None]]]] = {
            "oidc": (oidc, self._by_oidc),
            "saml": (saml, self._by_saml),
            "radius": (radius, self._by_radius),
        }
        tasks = [
            asyncio.create_task(self._keep_on(door, work))
            for door, (count, work) in doors.items()
            for _ in range(count)
        ]
        try:
            yield
        finally:
            self._over.set()
            await asyncio.gather(*tasks)

    async def _keep_on(self, door: str, work: Callable[[], Awaitable[None]]) -> None:
        while not self._over.is_set():
            began = time.monotonic()
            try:
                await work()
            except GaveUp:
                pass  # it was noted
            except Exception as error:
                self.meter.violations.append(f"{door}: {error!r}"[:600])
            else:
                self.meter.finished(door, began)
            await asyncio.sleep(THINKING_SECONDS * random.uniform(0.5, 1.5))

    def party(self, browser: Wanderer) -> RelyingParty:
        return RelyingParty(browser, self._url, scope=SCOPE)

    def wanderer(self) -> Wanderer:
        return Wanderer(self._balancer, self.meter)

    async def _by_oidc(self) -> None:
        """From the request to userinfo, refreshed; every second one signs out."""
        person = next(self._crowd)
        async with self.wanderer() as browser:
            party = self.party(browser)
            login = await self.signed_in(party, person)
            tokens = login.tokens[-1]
            for _ in range(REFRESHES):
                tokens = await self._refreshed(party, login, tokens)
            if next(self._count) % 2:
                self.ledger.sessions.append(dict(browser.cookies))
            else:
                cookies = dict(browser.cookies)
                leave = {"id_token_hint": tokens.id_token, "post_logout_redirect_uri": CALLBACK}
                page = await browser.get(
                    f"{party.metadata['end_session_endpoint']}?{urlencode(leave)}", CALLBACK
                )
                if (page.location or "").startswith(CALLBACK):
                    self.ledger.ended.append(cookies)
                elif not browser.doubts:
                    self.meter.violations.append(f"signing out: {page.status} {page.text[:300]}")

    async def signed_in(self, party: RelyingParty, person: Person) -> Login:
        """Whatever happens on the way; `party` asks through a wanderer."""
        assert isinstance(party.http, Wanderer)
        return await self._again(party.http, lambda: self._sign_in(party, person))

    async def _again(self, browser: Wanderer, work: Callable[[], Awaitable[T]]) -> T:
        """What people do whose login came apart because an answer got lost: they begin anew."""
        while True:
            browser.doubts = 0
            try:
                return await work()
            except (AssertionError, Denied, RuntimeError):
                if not browser.doubts:
                    raise
                self.ledger.begun_again += 1
                browser.cookies.clear()

    async def _sign_in(self, party: RelyingParty, person: Person) -> Login:
        await party.discover()
        pending = await party.begin()
        page = await party.http.login(pending.url, person, CALLBACK)
        login = Login(person, pending, party.code(pending, page))
        login.tokens.append(await party.redeem(pending, login.code))
        self.ledger.logins.append(login)
        page = await party.userinfo(login.tokens[0].access_token)
        if page.status != 200:
            self.meter.violations.append(f"userinfo of an acknowledged token: {page.status} {page.text}")
        return login

    async def _refreshed(self, party: RelyingParty, login: Login, held: Tokens) -> Tokens:
        """Refused where an answer got lost for longer than a retry may take: then the family is gone, as it must."""
        assert isinstance(party.http, Wanderer) and held.refresh_token is not None
        party.http.doubts = 0
        page = await party.token(grant_type="refresh_token", refresh_token=held.refresh_token)
        if page.status != 200 and party.http.doubts:
            self.ledger.lost_answers += 1
            login.is_known = False
            raise GaveUp(page.text)
        assert page.status == 200, f"an acknowledged refresh token: {page.status} {page.text}"
        given = json.loads(page.body)
        fresh = Tokens(
            given["access_token"], given["id_token"], party.verify(given["id_token"]), given["refresh_token"]
        )
        login.tokens.append(fresh)
        return fresh

    async def _by_saml(self) -> None:
        person = next(self._crowd)
        async with self.wanderer() as browser:
            provider = ServiceProvider(browser, PROVIDER, self._url)

            async def signed_in() -> None:
                request = provider.request()
                address = provider.redirect(request)
                page = await browser.login(address, person, "\0")
                answer = await provider.answer(page, request.get("ID"))
                assert answer.status.endswith(":Success"), answer.status
                self.ledger.requests.append((person, address))

            await self._again(browser, signed_in)

    async def _by_radius(self) -> None:
        await DialIn(self._balancer, self._radius, self.meter, self.ledger).once(next(self._codes))
