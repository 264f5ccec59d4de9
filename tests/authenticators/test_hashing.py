"""Hashing: decoys cost what real hashes cost, and only so many wait."""

from __future__ import annotations

import asyncio
import time

import argon2
import pytest

from idp.authenticators import Busy
from idp.authenticators.password.hashing import EXECUTOR, OWASP, THREADS, decoy_hash, is_hash_of

PASSWORD = "correct horse battery"


def test_a_decoy_is_verified_at_the_cost_of_a_real_hash() -> None:
    """It has the parameters and the shape of a real one, so that the same work is done."""
    decoy = decoy_hash()
    real = argon2.PasswordHasher.from_parameters(OWASP).hash(PASSWORD)
    assert argon2.extract_parameters(decoy) == OWASP
    assert len(decoy) == len(real)
    assert decoy_hash() != decoy
    taken: dict[str, list[float]] = {"decoy": [], "real": []}
    for _ in range(5):
        for name, encoded in (("decoy", decoy), ("real", real)):
            start = time.thread_time()
            assert not is_hash_of(encoded, b"wrong")
            taken[name].append(time.thread_time() - start)
    assert min(taken["decoy"]) > min(taken["real"]) / 2


async def test_the_queue_is_as_long_as_configured_and_free_again_afterwards() -> None:
    gate = asyncio.Event()
    taken: list[str] = []

    async def hold(queue: int) -> None:
        with EXECUTOR.slot(queue):
            taken.append("in")
            await gate.wait()

    holding = [asyncio.create_task(hold(3)) for _ in range(THREADS + 3)]
    await asyncio.sleep(0)
    assert len(taken) == THREADS + 3
    with pytest.raises(Busy), EXECUTOR.slot(3):
        pass
    with EXECUTOR.slot(4):  # a tenant that lets more wait
        pass
    gate.set()
    await asyncio.gather(*holding)
    with EXECUTOR.slot(0):
        pass
