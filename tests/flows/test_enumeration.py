"""Whether a stranger can learn who has an account here.

How time is compared: every kind of name is tried in turn, in a new random order each round, so that whatever
else the machine does falls on all alike. A difference counts when the Kolmogorov–Smirnov test sees it
(p < 0.01) in each of three independent samples: chance alone does that once in a million comparisons, a real
leak does it always. That the method sees a leak is shown on the same figures with a delay of a fifth of
their median added.
"""

import random
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

import pytest

from tests.browser import Browser
from tests.page import Page
from tests.people import PATTERN, wrong_answer
from tests.running import Database, usual
from tests.server import Server, running
from tests.statistics import chi_square, kolmogorov_smirnov

KINDS = ("real", "unknown", "disabled", "factorless", "denied")
EACH = 5  # names of one kind, so that none comes near its lock
SAMPLES, ROUNDS = 3, 120  # 360 tries of every kind
STEPS = ("name", "answer")
CHI_SQUARE_9 = 33.7  # exceeded once in ten thousand times with nine degrees of freedom


def names(kind: str) -> list[str]:
    """All of one length, so that pages differ in nothing but the letters."""
    return [f"{kind[:4]}{number}" for number in range(EACH)]


@pytest.fixture(scope="module")
def crowd(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a generous budget and people of every kind."""
    server = usual(tmp_path_factory.mktemp("crowd"), database())
    server.tenant.settings["lockout"] = {"failures": 100, "seconds": 600}
    for kind in KINDS:
        groups = () if kind == "denied" else ("staff",)
        held = {} if kind == "factorless" else {"matrix": {"pattern": PATTERN}}
        for name in names(kind) if kind != "unknown" else ():
            server.tenant.add_demo_user(name, *groups, **held)
    server.tenant.add_demo_user("real9", "staff", matrix={"pattern": PATTERN})
    for one in running(server):
        for name in names("disabled"):
            one.cli("user", "disable", name, "--tenant", "demo")
        yield one


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
    return (
        f"{page.status}\n{headers}\n{re.sub(r'(' + '|'.join(k[:4] for k in KINDS) + r')[0-9]', 'NAME', body)}"
    )


async def attempt(server: Server, browser: Browser, name: str, seen: Seen) -> None:
    """Type a name, then a wrong answer; note what came and how long it took."""
    page = await browser.get(f"{server.url}/")
    for step in STEPS:
        typed = name if step == "name" else wrong_answer(PATTERN, page.table or [])
        began = time.perf_counter()
        page = await browser.answer(page, typed)
        seen.seconds[step].append(time.perf_counter() - began)
        seen.shapes[step].add(shape(page))
        seen.digits.append("".join("".join(row) for row in page.table or []))


async def observe(server: Server, rounds: int) -> Mapping[str, Seen]:
    seen = {kind: Seen() for kind in KINDS}
    async with Browser() as browser:
        for number in range(rounds):
            for kind in random.sample(KINDS, len(KINDS)):
                await attempt(server, browser, names(kind)[number % EACH], seen[kind])
            browser.seen.clear()
    return seen


def differing(samples: Sequence[Mapping[str, Seen]], planted: float = 0.0) -> list[tuple[str, str]]:
    """The kinds and steps whose time differs from a real user's in every sample.

    `planted` is added to every kind but the real one, as a part of the median.
    """
    found = []
    for kind in KINDS[1:]:
        for step in STEPS:
            times = [(seen["real"].seconds[step], seen[kind].seconds[step]) for seen in samples]
            if all(
                kolmogorov_smirnov(real, [one + planted * median(real) for one in other]) < 0.01
                for real, other in times
            ):
                found.append((kind, step))
    return found


async def test_nobody_learns_who_has_an_account(crowd: Server) -> None:
    """threats.md 20: Unknown, disabled, locked, factor-less and real users: same status, headers, body
    shape and time, same table statistics."""
    await observe(crowd, EACH)  # warm
    samples = [await observe(crowd, ROUNDS) for _ in range(SAMPLES)]

    for step in STEPS:
        shapes = set().union(*(seen[kind].shapes[step] for seen in samples for kind in KINDS))
        assert len(shapes) == 1, step

    assert differing(samples) == []
    assert len(differing(samples, planted=0.2)) == len(KINDS[1:]) * len(STEPS), "the method sees a leak"

    cells = [("ABCDEFGHIJKL".index(cell[0]) + 12 * (int(cell[1]) - 1)) for cell in PATTERN.split()]
    for kind in KINDS:
        tables = [digits for seen in samples for digits in seen[kind].digits]
        assert len(set(tables)) == len(tables), "every table is fresh"
        for places in (range(48), cells):
            drawn = "".join(table[place] for table in tables for place in places)
            assert chi_square([drawn.count(digit) for digit in "0123456789"]) < CHI_SQUARE_9, kind


async def test_a_locked_name_looks_the_same_whoever_has_it(crowd: Server) -> None:
    """threats.md 20: … locked … users: same status, headers, body shape."""
    seen = set()
    for name in ("real9", "unkn9"):
        async with Browser() as browser:
            page = await browser.answer(await browser.get(f"{crowd.url}/"), name)
            while page.status == 200 and page.table:
                page = await browser.answer(page, wrong_answer(PATTERN, page.table))
            body = re.sub(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}\b", "CODE", page.text.replace(name, "NAME"))
            body = re.sub(r"\d\d?:\d\d(:\d\d)?", "TIME", body)
            headers = {
                key: value for key, value in page.headers.items() if key not in ("Date", "Retry-After")
            }
            seen.add((page.status, str(sorted(headers.items())), body))
    assert len(seen) == 1
