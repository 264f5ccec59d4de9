"""An unknown user, and one without a credential, cost what any other does."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from idp.authenticators import hotp
from idp.authenticators.totp import Totp
from keys.secret import Secret
from storage.records import User
from tests.authenticators.hardware import assign, stock
from tests.authenticators.person import NOW, TENANT, Person, person

# What an authenticator does with its answer does not depend on the database: one is enough here.
pytestmark = pytest.mark.parametrize("storage_url", ["sqlite"], indirect=True)

GIVEN = {
    "matrix": {"pattern": "A1 F2 K3 L4 C2 G1"},
    "totp": {"secret": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"},
    "password": {"password": "correct horse battery"},
}
ROUNDS = {"matrix": 150, "totp": 150, "password": 6}


async def test_a_wrong_code_costs_the_same_whatever_the_devices(alice: Person, mallory: Person) -> None:
    """THREAT_MODEL.md 20: unknown, factor-less and real users: same time, with two devices or a counter too."""
    authenticator = alice.open("totp")
    assert isinstance(authenticator, Totp)
    await alice.enrol(authenticator)
    await alice.enrol(authenticator)
    await stock(mallory)
    await assign(mallory, authenticator)
    other = await person(alice.store, alice.vault, "without")
    people = {"two apps": alice.user, "counter": mallory.user, "without": other.user, "unknown": None}
    computed: dict[str, int] = {}
    for who, user in people.items():
        with counting() as codes:
            async with alice.store.transaction(TENANT) as tx:
                assert not await authenticator.verify(tx, user, {}, Secret("wrong"), NOW)
        computed[who] = len(codes)
    assert set(computed.values()) == {2 * 10}, computed


@contextmanager
def counting() -> Iterator[list[int]]:
    """The counters whose codes are computed meanwhile: what costs time, counted without a clock."""
    codes: list[int] = []
    real = hotp.codes

    def watched(secret: bytes, counters: Iterable[int], digits: int, algorithm: str) -> list[str]:
        computed = [*counters]
        codes.extend(computed)
        return real(secret, computed, digits, algorithm)

    hotp.codes = watched
    try:
        yield codes
    finally:
        hotp.codes = real


@pytest.mark.parametrize("name", GIVEN)
async def test_a_wrong_answer_costs_the_same(alice: Person, mallory: Person, name: str) -> None:
    """Unknown, factor-less and real users: same time."""
    authenticator = alice.open(name)
    await alice.enrol(authenticator, **GIVEN[name])
    people: dict[str, User | None] = {"real": alice.user, "without": mallory.user, "unknown": None}
    taken: dict[str, list[float]] = {who: [] for who in people}
    async with alice.store.transaction(TENANT) as tx:
        for _ in range(ROUNDS[name]):
            for who, user in people.items():
                prompt: dict[str, Any] = dict(await authenticator.challenge(tx, user, NOW))
                start = time.process_time()
                assert not await authenticator.verify(tx, user, prompt, Secret("wrong"), NOW)
                taken[who].append(time.process_time() - start)
    medians = {who: statistics.median(times) for who, times in taken.items()}
    assert max(medians.values()) < 1.5 * min(medians.values()), medians
