"""Many at once, on both databases: what is used once is used once, and nobody waits for a hash."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from functools import partial
from itertools import islice

import pyotp
import pytest

from idp.authenticators import Busy
from idp.authenticators.password.hashing import EXECUTOR, THREADS
from keys.secret import Secret
from tests.authenticators.person import NOW, TENANT, Person

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD = "correct horse battery"
ATTEMPTS = 40
PATIENCE = 30  # seconds


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """No hash is computed before it opens."""
    opened = threading.Event()
    yield opened
    opened.set()


async def close(gate: threading.Event) -> list[asyncio.Task[bool]]:
    """Keep all threads of the executor until the gate opens."""
    kept = [asyncio.create_task(EXECUTOR.run(partial(gate.wait, PATIENCE))) for _ in range(THREADS)]
    await asyncio.sleep(0)
    return kept


async def test_of_fifty_uses_of_one_step_exactly_one_succeeds(alice: Person) -> None:
    """Of 50 parallel uses of one TOTP step exactly one succeeds."""
    authenticator = alice.open("totp")
    await alice.enrol(authenticator, secret=SECRET)
    code = pyotp.TOTP(SECRET).at(NOW)
    verdicts = await asyncio.gather(*(alice.verify(authenticator, code) for _ in range(50)))
    assert sum(verdicts) == 1


async def test_busy_comes_before_anything_is_spent(alice: Person, gate: threading.Event) -> None:
    """Those whom a full queue sends away have spent nothing; those who wait in it are evaluated."""
    queue = 3
    authenticator = alice.open("password", queue=queue)
    await alice.enrol(authenticator, password=PASSWORD)

    async def attempt(number: int) -> bool:
        async with alice.store.transaction(TENANT) as tx:
            await tx.budgets.spend(f"name:{number}", 5, 60, NOW)
            return await authenticator.verify(tx, alice.user, {}, Secret(PASSWORD), NOW)

    kept = await close(gate)
    attempts = [asyncio.create_task(attempt(number)) for number in range(ATTEMPTS)]
    for refusal in islice(asyncio.as_completed(attempts, timeout=PATIENCE), ATTEMPTS - THREADS - queue):
        with pytest.raises(Busy):
            await refusal
    gate.set()
    verdicts = await asyncio.gather(*attempts, return_exceptions=True)
    await asyncio.gather(*kept)
    proven = [number for number, verdict in enumerate(verdicts) if verdict is True]
    assert len(proven) == THREADS + queue
    async with alice.store.snapshot(TENANT) as tx:
        spent = [number for number in range(ATTEMPTS) if await tx.budgets.find(f"name:{number}")]
    assert spent == proven


async def test_a_writer_does_not_wait_for_a_hash(alice: Person, gate: threading.Event) -> None:
    """The transaction is committed before the hash: what was spent is durable, and others write meanwhile."""
    authenticator = alice.open("password")
    await alice.enrol(authenticator, password=PASSWORD)
    kept = await close(gate)
    hashing = asyncio.create_task(alice.verify(authenticator, PASSWORD))
    for number in range(20):
        async with asyncio.timeout(PATIENCE / 2), alice.store.transaction(TENANT) as tx:
            await tx.budgets.spend(f"other:{number}", 5, 60, NOW)
    assert not hashing.done()
    gate.set()
    assert await hashing
    await asyncio.gather(*kept)
