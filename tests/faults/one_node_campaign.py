"""One server under load, killed again and again, and held to what it told its clients."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.one_node_desk import Desk
from tests.faults.one_node_ledger import Ledger, check
from tests.faults.one_node_moments import MOMENTS
from tests.faults.one_node_people import Actor, Holders, Visitor, Wanderer
from tests.faults.one_node_server import WANDERERS, Node
from tests.server import eventually

ROUND = 25  # kills of one server; the next begins with an empty database
ANSWERS = 5  # so many acknowledgements at most from one recovery to the next kill,
PAUSE = 0.15  # and so many seconds after the last of them
IDLE_SECONDS = 5.0  # nor is waited longer
STEADY = 3  # workers killed in one supervisor's life: it waits longer before each that follows


@dataclass
class Findings:
    """What rounds have shown."""

    kills: Counter[str] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=dict)  # until all of it served again
    told: Counter[str] = field(default_factory=Counter)
    interrupted: int = 0
    refused: int = 0
    checked: int = 0

    def add(self, moment: str, seconds: float) -> None:
        self.kills[moment] += 1
        self.seconds.setdefault(moment, []).append(seconds)

    def take(self, ledger: Ledger) -> None:
        for (what, _), count in ledger.told.items():
            self.told[what] += count
        self.told["consents"] += len(ledger.consents)
        self.interrupted += ledger.interrupted
        self.refused += ledger.refused
        self.checked += ledger.checked

    def __str__(self) -> str:
        lines = [f"{self.kills.total()} kills; seconds until all of it served again:"]
        for moment, seconds in self.seconds.items():
            spread = f"median {statistics.median(seconds):.2f}, longest {max(seconds):.2f}"
            lines.append(f"  {moment:<11}{len(seconds):>5}  {spread}")
        acknowledged = ", ".join(f"{what} {count}" for what, count in sorted(self.told.items()))
        lines.append(f"acknowledged and kept: {acknowledged}")
        lines.append(f"asked for again at the doors: {self.checked}")
        lines.append(f"requests whose answer was lost: {self.interrupted}; answered 503: {self.refused}")
        return "\n".join(lines)


async def run(
    folder: Path, seed: int, kills: int, findings: Findings, moments: tuple[str, ...] = (), pause: float = 0.0
) -> None:
    """One server, killed so many times under load, or at these moments; people rest for `pause` seconds between what
    they do. Raises AssertionError for what it lost.
    """
    rng, ledger = random.Random(seed), Ledger()
    node = Node(folder).prepare()
    await asyncio.to_thread(node.start)
    desk = Desk(node, ledger, random.Random(seed))
    actors: list[Actor] = [
        desk,
        Holders(node, ledger, random.Random(seed)),
        Visitor(node, ledger, random.Random(seed)),
    ]
    actors += [Wanderer(node, ledger, random.Random(f"{seed} {name}"), name) for name in WANDERERS]
    for actor in actors:
        actor.pause = pause
    ended = asyncio.Event()
    tasks = [asyncio.create_task(actor.live(ended)) for actor in actors]
    try:
        await _kill(node, desk, rng, moments or _drawn(rng, kills), findings, tasks)
        ended.set()
        await asyncio.gather(*tasks)
        for actor in actors:
            await actor.check()
        await _examine(node, ledger)
        findings.take(ledger)
    except AssertionError as error:
        error.add_note(f"seed {seed}")
        error.add_note("\n".join(node.log.splitlines()[-40:]))
        raise
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for actor in actors:
            await actor.close()
        await asyncio.to_thread(node.stop)


def _drawn(rng: random.Random, kills: int) -> tuple[str, ...]:
    return tuple(rng.choices(list(MOMENTS), [weight for _, weight in MOMENTS.values()], k=kills))


async def _kill(
    node: Node, desk: Desk, rng: random.Random, moments: tuple[str, ...], findings: Findings,
    tasks: list[asyncio.Task[None]],
) -> None:  # fmt: skip
    died, ledger = 0, desk.ledger
    for name in moments:
        moment = "everything" if died == STEADY and name in ("worker", "reload") else name
        heard, until = ledger.told.total() + rng.randrange(ANSWERS), time.monotonic() + IDLE_SECONDS
        while ledger.told.total() < heard and time.monotonic() < until:  # noqa: ASYNC110  it counts what several do
            await asyncio.sleep(0.005)
        await asyncio.sleep(rng.uniform(0, PAUSE))
        findings.add(moment, await MOMENTS[moment][0](node, desk, rng))
        died = (
            died + 1 if moment in ("worker", "reload") else died if moment in ("command", "migration") else 0
        )
        for task in tasks:
            if task.done():
                task.result()  # raises what it found


async def _examine(node: Node, ledger: Ledger) -> None:
    """At rest: rows, the audit log's proof, the keys, and what the server itself holds for a defect."""
    await eventually(node.is_proven)
    check(ledger, node.database)
    defects = [
        event for event in node.events if event.get("event") in ("defect", "worker.failed", "audit.broken")
    ]
    assert not defects, defects[0]
