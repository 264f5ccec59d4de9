"""Whether a stranger can learn who has an account here.

How time is compared: every kind of name is tried in turn, in a new random order each round, so that whatever
else the machine does falls on all alike. A difference counts when the Kolmogorov–Smirnov test sees it
(p < 0.01) in four independent samples, one after the other: chance alone does that once in a hundred million
comparisons, a real leak does it always. That the method sees a leak is shown on the same figures, moved by
as much as the middle half of a real user's times spreads: a few hundredths of a millisecond on a quiet machine.
"""

import random
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from tests.browser import Browser
from tests.configuration import TenantFolder
from tests.page import Page
from tests.people import COLUMNS, PASSWORD, PATTERN, wrong_answer
from tests.running import Database, usual
from tests.server import Server, running
from tests.statistics import CHI_SQUARE_9, Times, chi_square, differing, unseen

pytestmark = pytest.mark.both_stores

KINDS = ("real", "unknown", "disabled", "factorless", "denied")
SAMPLES = 4  # at most
PLANTED = 1.0  # spreads
ROUNDS = {"matrix": 240, "password": 60}  # tries of every kind in a sample; a password hash takes longer
EACH = 99  # tries with one name: none is ever locked
LOCKED_AFTER = 2  # tries, at tenants of their own
STEPS = ("name", "answer")


def names(kind: str, method: str) -> list[str]:
    """All of one length, so that pages differ in nothing but the letters."""
    return [f"{kind[:4]}{number:02}" for number in range(1 + (SAMPLES + 1) * ROUNDS[method] // EACH)]


def ask(tenant: TenantFolder, method: str, failures: int) -> dict[str, str]:
    """Staff by one method, with a budget; what each of them has for it."""
    tenant.settings["lockout"] = {"failures": failures, "seconds": 600}
    tenant.policies = [{"name": "staff", "when": {"groups": ["staff"]}, "then": {"require": [method]}}]
    return {"pattern": PATTERN} if method == "matrix" else {"password": PASSWORD}


def fill(tenant: TenantFolder, method: str) -> None:
    """People of every kind, and a generous budget."""
    credential = ask(tenant, method, failures=100)
    for kind in KINDS:
        groups = () if kind == "denied" else ("staff",)
        held = {} if kind == "factorless" else {method: credential}
        for name in names(kind, method) if kind != "unknown" else ():
            tenant.add_demo_user(name, *groups, **held)


@pytest.fixture(scope="module")
def crowd(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """For each method a tenant, where it is asked, and one where a name is soon locked."""
    server = usual(tmp_path_factory.mktemp("crowd"), database())
    server.configuration.tenants = []
    for method in ROUNDS:
        tenant, strict = (TenantFolder(name, f"{server.url}/{name}") for name in (method, f"strict-{method}"))
        server.configuration.tenants += [tenant, strict]
        fill(tenant, method)
        strict.add_demo_user("realx", "staff", **{method: ask(strict, method, LOCKED_AFTER)})
    for one in running(server):
        for method in ROUNDS:
            for name in names("disabled", method):
                one.cli("user", "disable", name, "--tenant", method)
        yield one


@pytest.fixture(params=ROUNDS)
def place(request: pytest.FixtureRequest, crowd: Server) -> tuple[str, str]:
    """Where to log in, and what is asked."""
    return f"{crowd.url}/{request.param}/", request.param


@dataclass
class Seen:
    """What one kind of name was answered with."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {step: [] for step in STEPS})
    shapes: dict[str, set[str]] = field(default_factory=lambda: {step: set() for step in STEPS})
    digits: list[str] = field(default_factory=list)


def shape(page: Page) -> str:
    """Status, headers and body without what is random by design, and without the name itself."""
    headers = sorted(
        (name, value) for name, value in page.headers.items() if name not in ("Date", "Set-Cookie")
    )
    body = re.sub(r">\d<", ">0<", page.text)
    for value in page.form.fields.values():
        body = body.replace(value, "…") if value else body
    return f"{page.status}\n{headers}\n{re.sub(r'(' + '|'.join(k[:4] for k in KINDS) + r')[0-9]+', 'NAME', body)}"


def wrong(page: Page) -> str:
    return wrong_answer(PATTERN, page.table) if page.table else "wrong horse battery"


async def attempt(url: str, browser: Browser, name: str, seen: Seen) -> None:
    """Type a name, then a wrong answer; note what came and how long it took."""
    page = await browser.get(url)
    for step in STEPS:
        typed = name if step == "name" else wrong(page)
        began = time.perf_counter()
        page = await browser.answer(page, typed)
        seen.seconds[step].append(time.perf_counter() - began)
        seen.shapes[step].add(shape(page))
        if page.table:
            seen.digits.append("".join("".join(row) for row in page.table))


async def observe(url: str, method: str, rounds: int) -> Mapping[str, Seen]:
    seen = {kind: Seen() for kind in KINDS}
    async with Browser() as browser:
        for number in range(rounds):
            for kind in random.sample(KINDS, len(KINDS)):
                await attempt(
                    url, browser, names(kind, method)[number % len(names(kind, method))], seen[kind]
                )
            browser.seen.clear()
    return seen


def times(samples: Sequence[Mapping[str, Seen]]) -> list[Times]:
    return [{kind: seen[kind].seconds for kind in KINDS} for seen in samples]


async def test_nobody_learns_who_has_an_account(place: tuple[str, str]) -> None:
    """THREAT_MODEL.md 20: Unknown, disabled, locked, factor-less and real users: same status, headers, body
    shape and time, same table statistics."""
    url, method = place
    await observe(url, method, 5)  # warm
    samples = [await observe(url, method, ROUNDS[method])]
    while len(samples) < SAMPLES and (differing(times(samples)) or unseen(times(samples), PLANTED)):
        samples.append(await observe(url, method, ROUNDS[method]))
    for step in STEPS:
        shapes = set().union(*(seen[kind].shapes[step] for seen in samples for kind in KINDS))
        assert len(shapes) == 1, step
    assert differing(times(samples)) == []
    assert unseen(times(samples), PLANTED) == [], "the method sees a leak"
    for kind in KINDS:
        check_tables([digits for seen in samples for digits in seen[kind].digits])


def check_tables(tables: Sequence[str]) -> None:
    """Each is new, and every digit is as likely as any other: anywhere, and where the pattern lies."""
    assert len(set(tables)) == len(tables)
    cells = [COLUMNS.index(cell[0]) + len(COLUMNS) * (int(cell[1]) - 1) for cell in PATTERN.split()]
    for places in (range(48), cells) if tables else ():
        drawn = "".join(table[place] for table in tables for place in places)
        assert chi_square([drawn.count(digit) for digit in "0123456789"]) < CHI_SQUARE_9


@pytest.mark.parametrize("method", ROUNDS)
async def test_a_locked_name_looks_the_same_whoever_has_it(crowd: Server, method: str) -> None:
    """THREAT_MODEL.md 20: … locked … users: same status, headers, body shape."""
    seen = set()
    for name in ("realx", "unknx"):
        async with Browser() as browser:
            page = await browser.answer(await browser.get(f"{crowd.url}/strict-{method}/"), name)
            while page.status == 200:
                page = await browser.answer(page, wrong(page))
            body = re.sub(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b", "CODE", page.text.replace(name, "NAME"))
            body = re.sub(r"\d\d?:\d\d(:\d\d)?", "TIME", body)
            headers = {
                key: value for key, value in page.headers.items() if key not in ("Date", "Retry-After")
            }
            seen.add((page.status, str(sorted(headers.items())), body))
    assert len(seen) == 1
