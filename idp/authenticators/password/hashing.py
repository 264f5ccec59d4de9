"""Argon2id in a bounded executor that all tenants of the process share."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Final, TypeVar

from argon2 import Parameters, PasswordHasher, Type, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from idp.authenticators.crowd import Crowd

# OWASP Password Storage Cheat Sheet, first recommendation: 19 MiB, two passes, one lane.
OWASP: Final = Parameters(
    type=Type.ID, version=19, salt_len=16, hash_len=32, time_cost=2, memory_cost=19 * 1024, parallelism=1
)
THREADS: Final = 2  # bounds the memory at 2 x 19 MiB; Argon2 gives the interpreter lock free meanwhile

Result = TypeVar("Result")

_hasher = PasswordHasher.from_parameters(OWASP)


def new_hash(password: bytes) -> str:
    """The encoded hash by the present parameters, with a fresh salt. About 10 ms of CPU."""
    return _hasher.hash(password)


def is_hash_of(encoded: str, password: bytes) -> bool:
    """Whether `encoded` was made of this password, by whatever parameters it names."""
    try:
        return _hasher.verify(encoded, password)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(encoded: str) -> bool:
    """Whether other parameters than the present ones made it."""
    return extract_parameters(encoded) != OWASP


def decoy_hash() -> str:
    """A hash that costs what a real one costs, and that no password has: it was drawn, not computed."""
    salt, digest = (
        base64.b64encode(os.urandom(length)).rstrip(b"=").decode()
        for length in (OWASP.salt_len, OWASP.hash_len)
    )
    cost = f"m={OWASP.memory_cost},t={OWASP.time_cost},p={OWASP.parallelism}"
    return f"$argon2id$v={OWASP.version}${cost}${salt}${digest}"


class Executor:
    """Threads, and those who compute or wait. To be used from one event loop."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(
            THREADS, thread_name_prefix="argon2"
        )  # starts none before the first hash
        self._crowd = Crowd()

    def slot(self, queue: int) -> AbstractContextManager[None]:
        """The right to `run`. Raises `Busy` at once where `queue` others wait already."""
        return self._crowd.join(THREADS + queue)

    async def run(self, work: Callable[[], Result]) -> Result:
        """The result of `work`, computed in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


EXECUTOR: Final = Executor()
