"""Real logins over the three doors: each tells by which rule it was let in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import groupby

from tests.browser import Browser
from tests.people import Person, Table, answer
from tests.protocols.radius.nas import ACCEPT, CHALLENGE, NAS, Answer
from tests.relying_party import RelyingParty
from tests.server import eventually
from tests.service_provider import ServiceProvider
from tests.story.company import WORKERS, Company, Node

FILTER_ID = 11
PAUSE_SECONDS = 0.2  # between two logins of one person: a load, and no siege

SignIn = Callable[[Company, Node, Person], Coroutine[None, None, str]]


async def by_oidc(_: Company, node: Node, person: Person) -> str:
    """To the wiki, up to the verified ID token."""
    async with Browser(address=node.address) as browser:
        tokens = await RelyingParty(browser, node.url).login(person)
        _none_failed(browser)
    return str(tokens.claims["policy"])


async def by_saml(company: Company, node: Node, person: Person) -> str:
    """To the files, up to the verified assertion."""
    async with Browser(address=node.address) as browser:
        told = await ServiceProvider(browser, company.files, node.url).login(person)
        _none_failed(browser)
    return told.attribute("policy")[0]


async def by_radius(_: Company, node: Node, person: Person) -> str:
    """Through the VPN: the table is drawn in the challenge."""
    return await asyncio.to_thread(_dial, node, person)


def _dial(node: Node, person: Person) -> str:
    return _accepted(node, person, dial(node, person))


def dial(node: Node, person: Person, along: Callable[[str, Table], str] = answer) -> Answer:
    """How the VPN ends; `along` makes the digits from the pattern and the table."""
    with NAS(node.radius) as nas:
        return _answered(nas, person, nas.ask(nas.pap(person.name, "matrix")), along)


def _answered(nas: NAS, person: Person, told: Answer, along: Callable[[str, Table], str]) -> Answer:
    while told.code == CHALLENGE:
        typed = along(person.pattern or "", told.table) if told.table else person.password or ""
        told = nas.ask(nas.pap(person.name, typed, state=told.state))
    return told


def _accepted(node: Node, person: Person, told: Answer) -> str:
    """By which rule."""
    assert told.code == ACCEPT, [each for each in node.audit(limit=200) if person.name in str(each)][:5]
    return told.all(FILTER_ID)[0].decode()


@contextmanager
def typing(node: Node, person: Person) -> Iterator[Callable[[], str]]:
    """Somebody who was shown his table by the VPN; what is given lets him finish, and says by which rule he got in."""
    with NAS(node.radius) as nas:
        shown = nas.ask(nas.pap(person.name, "matrix"))
        assert shown.code == CHALLENGE, shown
        yield lambda: _accepted(node, person, _answered(nas, person, shown, answer))


def _none_failed(browser: Browser) -> None:
    failed = [(each.status, each.url) for each in browser.seen if each.status not in (200, 302, 303)]
    assert not failed, failed


DOORS: dict[str, SignIn] = {"wiki": by_oidc, "files": by_saml, "vpn": by_radius}
# By revision: which rule lets a worker in from outside the office.
RULES = {"before": dict.fromkeys(DOORS, "staff"), "after": {"wiki": "web", "files": "web", "vpn": "outside"}}


class Load:
    """Workers who come and go at each door of each node; what they were told, place by place, in order."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._over = asyncio.Event()
        places = [(node, service) for node in company.nodes for service in DOORS]
        self.told: dict[tuple[Node, str], list[str]] = {place: [] for place in places}

    async def come_and_go(self, place: tuple[Node, str], person: Person) -> None:
        node, service = place
        while not self._over.is_set():
            self.told[place].append(await DOORS[service](self._company, node, person))
            await asyncio.sleep(PAUSE_SECONDS)

    async def until(self, revision: str) -> None:
        """Until at each place somebody was let in by the rules of that revision."""
        rules = RULES[revision]
        await eventually(
            lambda: all(told[-1:] == [rules[service]] for (_, service), told in self.told.items())
        )

    def end(self) -> None:
        self._over.set()

    @property
    def turns(self) -> dict[tuple[str, str], list[str]]:
        """At each place, by which rule people were let in, one after the other."""
        return {
            (service, node.address): [rule for rule, _ in groupby(told)]
            for (node, service), told in self.told.items()
        }


@asynccontextmanager
async def under_load(company: Company) -> AsyncIterator[Load]:
    """While the block runs; whatever fails for one of the workers fails the story."""
    load = Load(company)
    async with asyncio.TaskGroup() as everybody:
        for place, person in zip(load.told, WORKERS.values(), strict=True):
            everybody.create_task(load.come_and_go(place, person))
        try:
            yield load
        finally:
            load.end()
