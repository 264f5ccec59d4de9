"""Afterwards: what was acknowledged is there, and nothing of it can be used once more."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tests.faults.cluster.cluster import Cluster
from tests.faults.cluster.ledger import Login
from tests.faults.cluster.postgres import DATABASE
from tests.faults.cluster.wanderer import Wanderer
from tests.people import Person
from tests.protocols.radius.nas import NAS, REJECT
from tests.relying_party import CALLBACK, Denied, RelyingParty

LINKED_SECONDS = 60

T = TypeVar("T")


@dataclass
class Verdict:
    """`tried` says how many of what was looked at."""

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    tried: Counter[str] = field(default_factory=Counter)


class Checks:
    """Of one cluster, once its load has ended."""

    def __init__(self, cluster: Cluster, most: int) -> None:
        """`most` of each kind are tried by hand, chosen by lot; all are counted in the audit log."""
        self._cluster = cluster
        self._ledger = cluster.load.ledger
        self._most = most
        self.verdict = Verdict()

    async def made(self) -> Verdict:
        async with self._cluster.load.wanderer() as browser:
            party = self._cluster.load.party(browser)
            await party.discover()
            for login in self._some("logins", self._ledger.logins):
                await self._tokens(party, login)
            for person, address in self._some("SAML requests", self._ledger.requests):
                await self._request(browser, person, address)
        for cookies in self._some("sessions", self._ledger.sessions):
            if await self._signs_in(cookies) != "code":
                self.verdict.lost.append("a session")
        for cookies in self._some("sessions that ended", self._ledger.ended):
            if await self._signs_in(cookies) != "login_required":
                self.verdict.lost.append("the end of a session")
        await self._codes()
        await self._disabled()
        await self._audit()
        return self.verdict

    def _some(self, kind: str, all_of_them: Sequence[T]) -> list[T]:
        chosen = random.sample(all_of_them, min(len(all_of_them), self._most))
        self.verdict.tried[kind] = len(chosen)
        return chosen

    async def _tokens(self, party: RelyingParty, login: Login) -> None:
        """First what must still work, then what must not, which ends all of it."""
        newest = login.tokens[-1]
        if login.is_known and login.person not in self._ledger.disabled:
            if (await party.userinfo(newest.access_token)).status != 200:
                self.verdict.lost.append("an access token")
            assert newest.refresh_token is not None
            page = await party.token(grant_type="refresh_token", refresh_token=newest.refresh_token)
            if page.status != 200:
                self.verdict.lost.append(f"a refresh token: {page.text}")
        for tokens in login.tokens[:-1][-1:]:  # the last that was replaced; with it the family goes
            assert tokens.refresh_token is not None
            page = await party.token(grant_type="refresh_token", refresh_token=tokens.refresh_token)
            if page.status == 200:
                self.verdict.twice.append("a refresh token")
        page = await party.token(
            grant_type="authorization_code",
            code=login.code,
            redirect_uri=CALLBACK,
            code_verifier=login.pending.verifier,
        )
        if page.status == 200:
            self.verdict.twice.append("an authorization code")

    async def _request(self, browser: Wanderer, person: Person, address: str) -> None:
        """It is spent with its answer: to whom that goes is asked before."""
        browser.cookies.clear()
        page = await browser.login(address, person, "\0")
        if page.status < 400:
            self.verdict.twice.append("a SAML request")

    async def _signs_in(self, cookies: dict[tuple[str, str, str], Any]) -> str:
        """`code`, or the error that a service is told that may not ask anybody."""
        async with self._cluster.load.wanderer() as browser:
            browser.cookies = dict(cookies)
            party = self._cluster.load.party(browser)
            pending = await party.begin(prompt="none", scope="openid")
            page = await browser.get(pending.url, CALLBACK)
            try:
                party.code(pending, page)
            except Denied as denied:
                return denied.error
            return "code"

    async def _codes(self) -> None:
        """The last code of each: those before it are too old whoever asks."""
        last: dict[str, tuple[Person, str]] = {
            person.name: (person, code) for person, code in self._ledger.codes
        }
        for person, code in self._some("one-time codes", list(last.values())):
            node = random.choice(self._cluster.nodes)
            with NAS(node.radius, to=node.address) as nas:
                answer = await asyncio.to_thread(nas.ask, nas.pap(person.name, code))
            if answer.code != REJECT:
                self.verdict.twice.append("a one-time code")

    async def _disabled(self) -> None:
        for person in self._ledger.disabled:
            self.verdict.tried["users disabled"] += 1
            async with self._cluster.load.wanderer() as browser:
                party = self._cluster.load.party(browser)
                pending = await party.begin()
                page = await browser.login(pending.url, person, CALLBACK)
                if (page.location or "").startswith(CALLBACK):
                    self.verdict.lost.append("that a user is disabled")

    async def _audit(self) -> None:
        """Everything acknowledged stands there, no code was redeemed twice, and the chain is whole."""
        node, ledger = self._cluster.nodes[0], self._ledger
        written = await asyncio.to_thread(node.audit, limit=1_000_000)
        events = Counter(each["event"] for each in written)
        redeemed = Counter(
            each["details"]["grant"]
            for each in written
            if each["event"] == "grant.redeemed" and each["details"]["by"] == "authorization_code"
        )
        self.verdict.twice += [
            f"grant {grant}: {count} times" for grant, count in redeemed.items() if count > 1
        ]
        refreshed = events["grant.redeemed"] - redeemed.total()
        acknowledged = {
            "redeemed codes": (len(ledger.logins), len(redeemed)),
            "refreshes": (sum(len(each.tokens) - 1 for each in ledger.logins), refreshed),
            "assertions": (len(ledger.requests), events["assertion.given"]),
            "one-time codes": (len(ledger.codes), _accepted(written, "radius")),
            "sessions ended": (len(ledger.ended), events["session.ended"]),
            "users disabled": (len(ledger.disabled), events["user.disabled"]),
        }
        for kind, (wanted, found) in acknowledged.items():
            self.verdict.tried[f"audit: {kind}"] = wanted
            if found < wanted:
                self.verdict.lost.append(f"audit: {wanted - found} of {wanted} {kind}")
        await asyncio.to_thread(self._until_linked)
        await asyncio.to_thread(node.cli, "audit", "verify")

    def _until_linked(self) -> None:
        """One node links the records of all; another does where that one died."""
        until = time.monotonic() + LINKED_SECONDS
        while self._cluster.writer.ask("SELECT count(*) FROM audit WHERE seq IS NULL", DATABASE):
            assert time.monotonic() < until, f"records were not linked within {LINKED_SECONDS} s"
            time.sleep(0.2)


def _accepted(written: Sequence[dict[str, Any]], door: str) -> int:
    return sum(each["event"] == "login.accepted" and each["details"].get("door") == door for each in written)
