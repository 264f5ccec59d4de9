"""The desk: commands that write, beside the server, and killed like it."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import tempfile
from contextlib import suppress
from pathlib import Path

from tests.faults.one_node_ledger import Ledger
from tests.faults.one_node_people import Actor, Surfer
from tests.faults.one_node_server import CHANGED, Node
from tests.people import PATTERN, Person
from tests.prepared import Running
from tests.relying_party import CALLBACK, RelyingParty

PATTERNS = (PATTERN, "B2 H4 L1 C3 F2 E1", "E1 A4 J3 C1 L2 G3", "D4 K1 A2 G2 H3 J1")
COMMAND_SECONDS = 60.0


class Killed(OSError):
    """Nobody heard how the command ended."""


class Desk(Actor):
    """Adds and disables users, changes patterns (which queues a mail), turns keys."""

    def __init__(self, node: Node, ledger: Ledger, rng: random.Random) -> None:
        super().__init__(node, ledger, rng)
        self.running: Running | None = None
        self.patterns: dict[str, set[str]] = {name: {PATTERN} for name in CHANGED}  # which may hold now
        self._killed: set[int] = set()
        self._number = 0

    def kill(self) -> bool:
        """The command that runs, with -9; False if none does."""
        running = self.running
        if running is None:
            return False
        self._killed.add(running.pid)
        with suppress(ProcessLookupError):
            os.kill(running.pid, signal.SIGKILL)
        return True

    async def act(self) -> None:
        work = (self.add, self.add, self.disable, self.change, self.change, self.rotate)
        await self.rng.choice(work)()

    async def check(self) -> None:
        """The pattern that was set last signs its owner in."""
        name = self.rng.choice(CHANGED)
        for pattern in sorted(self.patterns[name]):
            if await self._signs_in(name, pattern):
                self.patterns[name] = {pattern}
                self.ledger.checked += 1
                return
        raise AssertionError(f"{name}: none of {self.patterns[name]} is the pattern")

    async def add(self) -> None:
        self._number += 1
        name = f"new{self._number}"
        fact = ("user.added", name)
        self.ledger.trying(fact)
        await self.run("user", "add", name, "--email", f"{name}@example.com")
        self.ledger.heard(fact)
        self.ledger.users[name] = False

    async def disable(self) -> None:
        enabled = [name for name, disabled in self.ledger.users.items() if disabled is False]
        if not enabled:
            return
        name = self.rng.choice(enabled)
        fact = ("user.disabled", name)
        self.ledger.trying(fact)
        self.ledger.users[name] = None
        await self.run("user", "disable", name)
        self.ledger.heard(fact)
        self.ledger.users[name] = True

    async def change(self) -> None:
        name, pattern = self.rng.choice(CHANGED), self.rng.choice(PATTERNS)
        facts = ("credential.set", name), ("mail", name)
        self.ledger.trying(*facts)
        self.patterns[name].add(pattern)
        await self.run("credential", "set", name, "matrix", "--pattern", pattern)
        self.patterns[name] = {pattern}
        self.ledger.heard(*facts)

    async def rotate(self) -> None:
        await self.run("key", "rotate", "--force")  # the next one was announced a moment ago

    async def run(self, *words: str) -> None:
        """Raises `Killed`; a command that fails although it was let live is a defect."""
        with tempfile.TemporaryDirectory() as folder:
            streams = Path(folder, "in"), Path(folder, "out"), Path(folder, "errors")
            streams[0].touch()
            running = await asyncio.to_thread(self.node.command, *words, streams=streams)
            self.running = running
            try:
                status = await asyncio.to_thread(running.wait, COMMAND_SECONDS)
            finally:
                self.running = None
            if status and running.pid in self._killed:
                raise Killed(words)
            said = streams[2].read_text() if streams[2].exists() else ""
            assert status == 0, f"idp {' '.join(words)}: status {status}\n{said}"

    async def _signs_in(self, name: str, pattern: str) -> bool:
        browser, fact = Surfer(self.ledger), ("login.accepted", name)
        try:
            self.ledger.trying(fact)
            pending = await RelyingParty(browser, self.node.url).begin()
            page = await browser.login(pending.url, Person(name, pattern=pattern), CALLBACK)
            if is_in := (page.location or "").startswith(CALLBACK):
                self.ledger.heard(fact)
            return is_in
        finally:
            await browser.close()
