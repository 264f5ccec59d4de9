"""Logins that begin at a given rate, whatever becomes of those before: a process of its own.

python -m tests.overload.offer TARGET.json --rate 100 --seconds 10    prints one JSON object
python -m tests.overload.offer TARGET.json --users 16 --seconds 5     so many, one after the other: what it can carry
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import uvloop

from tests.bench.browser import Failed
from tests.bench.client import Party
from tests.bench.target import Target
from tests.overload.wire import Person, Pool, TurnedAway

PATIENCE_SECONDS = 30.0
MOST_AT_ONCE = 4000  # logins under way: beyond it the offer itself is late, and says so


class Offer:
    """What was offered, and what came of it."""

    def __init__(self, target: Target) -> None:
        self.pool = Pool(target.issuer)
        self.party = Party(target)
        self.begun = self.done = self.turned_away = self.broken_off = self.skipped = 0
        self.failures: Counter[str] = Counter()
        self.served: list[float] = []
        self.refused: list[float] = []
        self.logins: list[float] = []
        self.health: list[float] = []
        self.health_failed = 0

    async def login(self) -> None:
        self.begun += 1
        person = Person(self.pool, self.served, self.refused)
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self.party.login(person, self.begun)
        except TurnedAway:
            self.turned_away += 1
            self.broken_off += person.requests > 1  # in the middle of a login
        except (Failed, OSError, KeyError) as failure:
            self.failures[repr(failure)[:120]] += 1
        else:
            self.done += 1
            self.logins.append(loop.time() - began)

    async def watch(self) -> None:
        """Ask how it is, on a connection of its own."""
        loop = asyncio.get_running_loop()
        while True:
            for path in ("live", "ready"):
                began = loop.time()
                wire = await self.pool.take()
                head, _ = await wire.ask(f"GET /health/{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                self.pool.put(wire)
                self.health.append(loop.time() - began)
                self.health_failed += head[9:12] != b"200"
            await asyncio.sleep(0.2)

    def told(self, seconds: float) -> dict[str, Any]:
        return {
            "offered": self.begun / seconds, "late": self.skipped, "done": self.done / seconds,
            "turned_away": self.turned_away, "broken_off": self.broken_off, "failures": dict(self.failures),
            "requests": len(self.served) / seconds, "refusals": len(self.refused) / seconds,
            **{f"served_p{part}": percentile(self.served, part) for part in (50, 99)},
            **{f"refused_p{part}": percentile(self.refused, part) for part in (50, 99)},
            **{f"login_p{part}": percentile(self.logins, part) for part in (50, 99)},
            "health_max": percentile(self.health, 100), "health_failed": self.health_failed,
            "connections": self.pool.opened,
        }  # fmt: skip


def percentile(seconds: list[float], part: int) -> float:
    """In milliseconds; the nearest rank."""
    ordered = sorted(seconds) or [0.0]
    return round(ordered[min(len(ordered) - 1, len(ordered) * part // 100)] * 1000, 1)


async def at_rate(offer: Offer, rate: float, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    under_way: set[asyncio.Task[None]] = set()
    due, until = loop.time(), loop.time() + seconds
    while due < until:
        due += random.expovariate(rate)
        if (pause := due - loop.time()) > 0.001:
            await asyncio.sleep(pause)
        if len(under_way) >= MOST_AT_ONCE:
            offer.skipped += 1
            await asyncio.sleep(0)
            continue
        task = asyncio.create_task(offer.login())
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    if under_way:
        await asyncio.wait(under_way)


async def in_turns(offer: Offer, users: int, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds

    async def one() -> None:
        while loop.time() < until:
            await offer.login()

    await asyncio.gather(*(one() for _ in range(users)))


async def measure(target: Target, given: argparse.Namespace) -> dict[str, Any]:
    offer = Offer(target)
    await offer.party.discover(Person(offer.pool, [], []))
    watching = asyncio.create_task(offer.watch())
    began = asyncio.get_running_loop().time()
    if given.users:
        await in_turns(offer, given.users, given.seconds)
    else:
        await at_rate(offer, given.rate, given.seconds)
    took = asyncio.get_running_loop().time() - began
    watching.cancel()
    offer.pool.close()
    return offer.told(took)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("target", type=Path)
    parser.add_argument("--rate", type=float, default=100.0)
    parser.add_argument("--users", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    print(json.dumps(uvloop.run(measure(Target.read(given.target), given))))


if __name__ == "__main__":
    main()
