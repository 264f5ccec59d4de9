"""A load balancer: it asks each node whether it is ready, and sends every request to another node than the last."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from idp.background import running

LOOK_SECONDS = 0.25  # from one look at a node to the next
ANSWER_SECONDS = 3.0  # a node that takes longer to say that it is ready is not


class Balancer:
    """Knows which of the nodes are ready; `addresses` are theirs, all at one port."""

    def __init__(self, addresses: Sequence[str], port: int) -> None:
        self.addresses = tuple(addresses)
        self._port = port
        self._ready = set(addresses)

    def after(self, last: str) -> str:
        """Another node than the last, a ready one if there is any."""
        ready = [each for each in self.addresses if each in self._ready] or list(self.addresses)
        others = [each for each in ready if each != last] or ready
        later = [each for each in others if each > last]
        return min(later or others)

    def is_ready(self, address: str) -> bool:
        return address in self._ready

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        async with (
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(force_close=True),
                timeout=aiohttp.ClientTimeout(ANSWER_SECONDS),
            ) as session,
            running(*(self._watch(session, each) for each in self.addresses)),
        ):
            yield

    async def _watch(self, session: aiohttp.ClientSession, address: str) -> None:
        while True:
            if await self._asked(session, address):
                self._ready.add(address)
            else:
                self._ready.discard(address)
            await asyncio.sleep(LOOK_SECONDS)

    async def _asked(self, session: aiohttp.ClientSession, address: str) -> bool:
        try:
            async with session.get(f"http://{address}:{self._port}/health/ready") as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False


class Wandering(AbstractResolver):
    """Takes one browser from node to node."""

    def __init__(self, balancer: Balancer) -> None:
        self._balancer = balancer
        self._last = ""

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        assert host == "localhost"
        self._last = self._balancer.after(self._last)
        return [ResolveResult(hostname=host, host=self._last, port=port, family=2, proto=0, flags=0)]

    async def close(self) -> None:
        return
