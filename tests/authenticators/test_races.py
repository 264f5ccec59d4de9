"""Many at once, on both databases: what is used once is used once, and nobody waits for a hash."""

from __future__ import annotations

import asyncio

import pyotp

from idp.authenticators import Busy
from idp.authenticators.password.hashing import THREADS
from keys.secret import Secret
from tests.authenticators.person import NOW, TENANT, Person

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD = "correct horse battery"


async def test_of_fifty_uses_of_one_step_exactly_one_succeeds(alice: Person) -> None:
    """Of 50 parallel uses of one TOTP step exactly one succeeds."""
    authenticator = alice.open("totp")
    await alice.enrol(authenticator, secret=SECRET)
    code = pyotp.TOTP(SECRET).at(NOW)
    verdicts = await asyncio.gather(*(alice.verify(authenticator, code) for _ in range(50)))
    assert sum(verdicts) == 1


async def test_busy_comes_before_anything_is_spent(alice: Person) -> None:
    """Where the queue is full, nothing is evaluated, counted or committed; else nobody is sent away."""
    authenticator = alice.open("password", queue=3)
    await alice.enrol(authenticator, password=PASSWORD)
    committed = 0

    async def attempt(number: int) -> bool | Busy:
        nonlocal committed
        try:
            async with alice.store.transaction(TENANT) as tx:
                await tx.budgets.spend(f"name:{number}", 5, 60, NOW)
                verdict = await authenticator.verify(tx, alice.user, {}, Secret(PASSWORD), NOW)
        except Busy as busy:
            return busy
        committed += 1
        return verdict

    verdicts = await asyncio.gather(*(attempt(number) for number in range(40)))
    async with alice.store.snapshot(TENANT) as tx:
        spent = [number for number in range(40) if await tx.budgets.find(f"name:{number}")]
    proven = [number for number, verdict in enumerate(verdicts) if verdict is True]
    assert spent == proven
    assert len(proven) >= THREADS + 3
    refused = [verdict for verdict in verdicts if isinstance(verdict, Busy)]
    assert len(refused) + len(proven) == 40
    assert {busy.retry_after for busy in refused} <= {1}


async def test_a_writer_does_not_wait_for_a_hash(alice: Person) -> None:
    """Hashing happens after a commit: others write meanwhile."""
    authenticator = alice.open("password")
    await alice.enrol(authenticator, password=PASSWORD)
    hashing = asyncio.create_task(alice.verify(authenticator, PASSWORD))
    written = 0
    while not hashing.done():
        async with alice.store.transaction(TENANT) as tx:
            await tx.budgets.spend(f"other:{written}", 5, 60, NOW)
        written += 1
    assert await hashing
    assert written >= 2
