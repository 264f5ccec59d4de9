"""Nobody learns at the RADIUS door who has an account: neither by what is answered, nor by when.

Times are compared as `tests/flows/test_enumeration.py` explains: a difference counts if fresh samples show it again.
"""

from __future__ import annotations

import dataclasses
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

import storage
from tests.people import PATTERN, wrong_answer
from tests.protocols.radius.conftest import CROWD, VPN, MakeNAS
from tests.protocols.radius.nas import CHALLENGE, NAS, REJECT, Answer
from tests.statistics import CHI_SQUARE_9, Times, chi_square, differing, unseen

STEPS = ("challenge", "wrong answer", "wrong code")
ROUNDS = 160  # of every kind in a sample
SAMPLES = 4  # at most
PLANTED = 1.0  # spreads
KINDS = ("real", "unknown", "disabled", "factorless")


@dataclass
class Seen:
    """What one kind of name was answered with."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {step: [] for step in STEPS})
    shapes: dict[str, set[str]] = field(default_factory=lambda: {step: set() for step in STEPS})
    tables: list[str] = field(default_factory=list)


@pytest.fixture
async def crowd(vpn: VPN) -> None:
    """Some of them are disabled."""
    store = await storage.open(vpn.storage)
    async with store.transaction("demo") as tx:
        for name in (f"{group}disabled{number:02}" for group in "mc" for number in range(CROWD)):
            user = await tx.users.find_by_name(name)
            assert user is not None
            await tx.users.replace(dataclasses.replace(user, disabled_at=int(time.time())))
    await store.close()


def timed(nas: NAS, packet: bytes, seen: Seen, step: str) -> Answer:
    began = time.perf_counter()
    answer = nas.ask(packet)
    seen.seconds[step].append(time.perf_counter() - began)
    kinds = [(kind, len(value)) for kind, value in answer.attributes]
    seen.shapes[step].add(f"{answer.code} {kinds}")
    return answer


def attempt(tables: NAS, codes: NAS, kind: str, number: int, seen: Seen) -> None:
    """Ask for a table and answer it wrong; then a wrong code."""
    name = f"{kind}{number % CROWD:02}"
    challenge = timed(tables, tables.pap(f"m{name}", ""), seen, "challenge")
    assert challenge.code == CHALLENGE
    seen.tables.append("".join("".join(row) for row in challenge.table))
    typed = wrong_answer(PATTERN, challenge.table)
    wrong = timed(tables, tables.pap(f"m{name}", typed, state=challenge.state), seen, "wrong answer")
    code = timed(codes, codes.pap(f"c{name}", "00000000"), seen, "wrong code")
    assert (wrong.code, code.code) == (REJECT, REJECT)


def observe(make_nas: MakeNAS, rounds: int) -> Mapping[str, Seen]:
    nases = make_nas("127.0.2.1"), make_nas("127.0.2.2")
    seen = {kind: Seen() for kind in KINDS}
    for number in range(rounds):
        for kind in random.sample(KINDS, len(KINDS)):
            attempt(*nases, kind, number, seen[kind])
    return seen


def times(samples: Sequence[Mapping[str, Seen]]) -> list[Times]:
    return [{kind: seen[kind].seconds for kind in KINDS} for seen in samples]


@pytest.mark.usefixtures("crowd")
def test_nobody_learns_who_has_an_account(make_nas: MakeNAS) -> None:
    """THREAT_MODEL.md 20: Unknown, disabled, locked, factor-less and real users: same status, … body shape and time,
    same table statistics; web and RADIUS."""
    observe(make_nas, 5)  # warm
    samples = [observe(make_nas, ROUNDS)]
    while len(samples) < SAMPLES and (differing(times(samples)) or unseen(times(samples), PLANTED)):
        samples.append(observe(make_nas, ROUNDS))
    for step in STEPS:
        shapes = set().union(*(seen[kind].shapes[step] for seen in samples for kind in KINDS))
        assert len(shapes) == 1, (step, shapes)
    assert differing(times(samples)) == []
    assert unseen(times(samples), PLANTED) == [], "the method sees a leak"
    for kind in KINDS:
        digits = "".join(table for seen in samples for table in seen[kind].tables)
        assert chi_square([digits.count(digit) for digit in "0123456789"]) < CHI_SQUARE_9


def test_a_locked_name_looks_the_same_whoever_has_it(make_nas: MakeNAS) -> None:
    """THREAT_MODEL.md 20: … locked … users: same status, … body shape."""
    nas, seen = make_nas("127.0.2.2"), Seen()
    for name in (f"creal{CROWD - 1:02}", "cunknownx"):
        for _ in range(25):  # five more than the budget
            timed(nas, nas.pap(name, "00000000"), seen, "wrong code")
    assert len(seen.shapes["wrong code"]) == 1
