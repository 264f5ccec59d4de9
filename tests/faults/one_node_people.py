"""People who sign in without a pause while the server is being killed, and remember what they were told."""

from __future__ import annotations

import asyncio
import json
import random
import time
from abc import ABC, abstractmethod
from typing import Any, Final

import aiohttp

from tests.browser import Browser
from tests.faults.one_node_ledger import Ledger
from tests.faults.one_node_server import HOLDERS, VISITOR, Node
from tests.page import Page
from tests.people import PATTERN, Person
from tests.protocols.radius.nas import ACCEPT, NAS, REJECT
from tests.relying_party import CALLBACK, Denied, Pending, RelyingParty, Tokens
from tests.service_provider import SUCCESS, ServiceProvider

GRACE_SECONDS: Final = 45  # in which the answer to a refresh that was lost is certainly given again
STEPS_AHEAD: Final = 3  # how far a token may be ahead of the clock, to be accepted without doubt
ANSWER_SECONDS: Final = 1.0  # a worker that dies takes packets with it


class Unavailable(Exception):
    """Answered 503, with the time after which to ask again: nothing was done."""


INTERRUPTIONS = (aiohttp.ClientError, OSError, TimeoutError, Unavailable)


class Surfer(Browser):
    """Every request on a connection of its own: none is sent twice behind our back."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self._ledger = ledger

    async def request(
        self, method: str, url: str, data: dict[str, str] | None = None,
        headers: dict[str, str] | None = None, cookies: bool = True,
    ) -> Page:  # fmt: skip
        page = await super().request(method, url, data, {"Connection": "close", **(headers or {})}, cookies)
        self.seen.clear()
        if page.status == 503:
            assert int(page.headers["Retry-After"]) > 0
            self._ledger.refused += 1
            raise Unavailable
        assert page.status < 500, f"{page.status} {page.url}\n{page.text[:2000]}"
        return page


class Actor(ABC):
    """Somebody who does one thing after the other."""

    pause = 0.0  # seconds between them

    def __init__(self, node: Node, ledger: Ledger, rng: random.Random) -> None:
        self.node, self.ledger, self.rng = node, ledger, rng

    async def live(self, ended: asyncio.Event) -> None:
        """Until `ended`; after each interruption he begins with a look at what he was told before."""
        is_sure = True
        while not ended.is_set():
            try:
                if not is_sure:
                    await self.check()
                    is_sure = True
                await self.act()
                await asyncio.sleep(self.pause)
            except INTERRUPTIONS:
                self.ledger.interrupted += is_sure
                is_sure = False
                await asyncio.sleep(0.03)

    @abstractmethod
    async def act(self) -> None:
        """One thing. Raises one of INTERRUPTIONS."""

    @abstractmethod
    async def check(self) -> None:
        """What was told is so. Raises one of INTERRUPTIONS."""

    async def close(self) -> None:  # noqa: B027  most open nothing that stays
        """Close what is open."""


class Wanderer(Actor):
    """Signs in and out, redeems codes, refreshes, agrees; each value that he used must be worth nothing afterwards."""

    def __init__(self, node: Node, ledger: Ledger, rng: random.Random, name: str) -> None:
        super().__init__(node, ledger, rng)
        self.person = Person(name, pattern=PATTERN)
        self.browser = Surfer(ledger)
        self.is_signed_in: bool | None = False  # None: nobody told
        self.spent: tuple[Pending, str] | None = None  # the request and the code of the grant that is held
        self.refresh_token: str | None = None
        self.unheard_since = 0.0  # a refresh was sent then, and its answer was lost

    async def close(self) -> None:
        await self.browser.close()

    @property
    def wiki(self) -> RelyingParty:
        return RelyingParty(self.browser, self.node.url, scope="openid offline_access")

    async def act(self) -> None:
        if self.refresh_token is None or not self.is_signed_in:
            await self.sign_in()
            return
        choice = self.rng.choice(
            (self.refresh, self.refresh, self.sign_in, self.agree, self.replay, self.sign_out)
        )
        await choice()

    async def check(self) -> None:
        if self.is_signed_in is not None:
            await self.look()
        if self.refresh_token is not None:
            await self.refresh()

    async def look(self) -> None:
        """The session is there if it was given, and gone if it was ended."""
        party = self.wiki
        pending = await party.begin(prompt="none")
        page = await self.browser.get(pending.url, CALLBACK)
        try:
            party.code(pending, page)
        except Denied as denied:
            assert denied.error == "login_required", denied
            assert not self.is_signed_in, f"{self.person.name}: a session was lost"
        else:
            assert self.is_signed_in, f"{self.person.name}: a session that had ended is there again"
        self.ledger.checked += 1

    async def sign_in(self) -> None:
        facts = ("login.accepted", self.person.name), ("grant.redeemed", self.person.name)
        party = self.wiki
        pending = await party.begin()
        page = await self.browser.get(pending.url, CALLBACK)
        if page.asked:
            self.is_signed_in = None
            self.ledger.trying(facts[0])
            page = await self.browser.login(page, self.person, CALLBACK)
            code = party.code(pending, page)
            self.ledger.heard(facts[0])
        else:
            code = party.code(pending, page)
        self.is_signed_in, self.refresh_token = True, None
        self.ledger.trying(facts[1])
        await party.discover()  # keys turn quickly here
        tokens: Tokens = await party.redeem(pending, code)
        self.ledger.heard(facts[1])
        self.spent, self.refresh_token, self.unheard_since = (pending, code), tokens.refresh_token, 0.0

    async def refresh(self) -> None:
        """The newest token works; so does the one whose answer was lost, for a while."""
        assert self.refresh_token is not None
        if self.unheard_since and time.monotonic() - self.unheard_since > GRACE_SECONDS:
            self.refresh_token = None
            return
        fact = ("grant.redeemed", self.person.name)
        if not self.unheard_since:  # who asks again is answered the same: nothing is redeemed twice
            self.ledger.trying(fact)
            self.unheard_since = time.monotonic()
        page = await self._token(grant_type="refresh_token", refresh_token=self.refresh_token)
        assert page.status == 200, f"{self.person.name}: a refresh token was lost\n{page.text}"
        self.ledger.heard(fact)
        self.refresh_token, self.unheard_since = json.loads(page.body)["refresh_token"], 0.0
        self.ledger.checked += 1

    async def replay(self) -> None:
        """A code that was redeemed is refused, and takes with it what it gave."""
        assert self.spent is not None and self.refresh_token is not None
        (pending, code), token = self.spent, self.refresh_token
        self.spent = self.refresh_token = None
        page = await self._token(
            grant_type="authorization_code", code=code, redirect_uri=CALLBACK, code_verifier=pending.verifier
        )
        assert page.status == 400, f"a code was redeemed twice\n{page.text}"
        again = await self._token(grant_type="refresh_token", refresh_token=token)
        assert again.status == 400, f"a grant lives on whose code was replayed\n{again.text}"
        self.ledger.checked += 2

    async def sign_out(self) -> None:
        self.is_signed_in = None
        page = await self.browser.get(f"{self.node.url}/logout")
        form = next(form for form in page.forms if form.method == "post")
        page = await self.browser.submit(page, {}, form=form)
        assert page.status == 200, page.text
        self.is_signed_in = False

    async def agree(self) -> None:
        """The question is asked once."""
        fact = (self.person.name, "agree")
        party = RelyingParty(
            self.browser, self.node.url, "agree", redirect_uri=f"{CALLBACK}/agree", scope="openid"
        )
        pending = await party.begin()
        page = await self.browser.get(pending.url, CALLBACK)
        if page.location is None:
            assert fact not in self.ledger.consents, f"{fact}: a consent was lost"
            form = next(form for form in page.forms if form.fields.get("decision") == "allow")
            page = await self.browser.submit(page, {}, CALLBACK, form)
        party.code(pending, page)
        self.ledger.consents.add(fact)

    async def _token(self, **parameters: str) -> Page:
        party = self.wiki
        await party.discover()
        return await party.token(**parameters)


class Holders(Actor):
    """People with one-time codes, at the web and at a NAS: no code is taken twice."""

    def __init__(self, node: Node, ledger: Ledger, rng: random.Random) -> None:
        super().__init__(node, ledger, rng)
        self.nas = NAS(node.radius, f"127.0.0.{rng.randrange(2, 250)}")
        self.last: tuple[str, str] | None = None

    async def close(self) -> None:
        self.nas.socket.close()

    async def act(self) -> None:
        steps = int(time.time()) // 30 + STEPS_AHEAD
        ready = [name for name in HOLDERS if self.node.tokens[name].last < steps]
        if not ready:
            await asyncio.sleep(0.2)
            return
        name = self.rng.choice(ready)
        code = self.node.tokens[name].code()
        fact = ("login.accepted", name)
        self.ledger.trying(fact)
        await self.rng.choice((self.by_web, self.by_radius))(name, code)
        self.ledger.heard(fact)
        self.last = name, code
        await self.check()

    async def by_radius(self, name: str, code: str) -> None:
        said = await self.ask(name, code)
        assert said == ACCEPT, f"{name}: a fresh code was refused"

    async def by_web(self, name: str, code: str) -> None:
        browser = Surfer(self.ledger)
        try:
            page = await browser.get(f"{self.node.url}/")
            page = await browser.answer(page, name)
            page = await browser.answer(page, code)
            assert not page.asked, f"{name}: a fresh code was refused\n{page.text[:2000]}"
        finally:
            await browser.close()

    async def check(self) -> None:
        if self.last is not None:
            assert await self.ask(*self.last) == REJECT, f"{self.last[0]}: a code was taken twice"
            self.ledger.checked += 1

    async def ask(self, name: str, code: str) -> int:
        packet = self.nas.pap(name, code)
        answer = await asyncio.to_thread(self._exchange, packet)
        if answer is None:
            raise TimeoutError
        return answer

    def _exchange(self, packet: bytes) -> int | None:
        self.nas.send(packet)
        until = time.monotonic() + ANSWER_SECONDS
        while (left := until - time.monotonic()) > 0:
            try:
                answer = self.nas.receive(packet, left)
            except AssertionError:  # it belongs to a packet that was given up
                continue
            return answer.code if answer else None
        return None


class Visitor(Actor):
    """Signs in to a service that speaks SAML."""

    async def act(self) -> None:
        facts: Any = ("login.accepted", VISITOR), ("assertion.given", VISITOR)
        browser = Surfer(self.ledger)
        try:
            self.ledger.trying(*facts)
            answer = await ServiceProvider(browser, self.node.provider, self.node.url).login(
                Person(VISITOR, pattern=PATTERN)
            )
            assert answer.status == SUCCESS, answer
            self.ledger.heard(*facts)
        finally:
            await browser.close()

    async def check(self) -> None:
        """Each login stands by itself; the audit log knows them."""
