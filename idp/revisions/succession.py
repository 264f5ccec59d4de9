"""How a process goes from one configuration to the next while it serves: each revision takes the place of the last."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from idp.background import running
from idp.config.drift import Difference, drift, summary
from idp.config.in_force import FILES, InForce, read_stored
from idp.config.revisions import Revisions
from idp.provider import Clock
from idp.revisions.refusal import Refusal, mistakes_of
from idp.revisions.remembering import Memory, highest
from idp.web.edition import Edition
from storage import StorageError

LOOK_SECONDS: Final = 0.4  # from one look for a newer revision to the next: one small statement
DRIFT_SECONDS: Final = 300.0  # from one look at the node's own files to the next
# After one that cannot be used here: a secret may have been put in its place meanwhile.
RETRY_SECONDS: Final = 5.0

Open = Callable[[InForce, Edition | None], AbstractAsyncContextManager[Edition]]

log = structlog.get_logger("idp.configuration")


@dataclass(frozen=True, slots=True)
class _Opened:
    """An edition, and what ends it."""

    edition: Edition
    stack: AsyncExitStack


class Succession:
    """Follows the database. A newer revision counts for every request that begins once it is ready."""

    def __init__(self, revisions: Revisions, home: Path, clock: Clock, open_edition: Open) -> None:
        """`open_edition` is given the configuration, and the edition that it follows."""
        self._revisions = revisions
        self._home = home
        self._clock = clock
        self._open_edition = open_edition
        self._turn: Callable[[Edition], None] = lambda _: None
        self._refusal: Refusal | None = None
        self._drift: tuple[Difference, ...] = ()
        self._memory = Memory()
        self._is_blind = False  # the database does not answer
        self._ending: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def serving(self, first: InForce) -> AsyncIterator[Edition]:
        """The edition of `first`, or of what has become newer since that was read; the last one ends with the block."""
        self._now = await self._open(first, None)
        self._drift = first.drift
        try:
            await self._remember()
            await self._look()
            self._tell()
            yield self._now.edition
        finally:
            await asyncio.gather(*self._ending, self._now.stack.aclose())

    @asynccontextmanager
    async def following(self, turn: Callable[[Edition], None]) -> AsyncIterator[None]:
        """While the block runs, what is applied anywhere comes into force here: `turn` is given each new edition."""
        self._turn = turn
        async with running(self._follow(), self._watch_files()):
            yield

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self._look()

    async def _remember(self) -> None:
        """What was in force before this process began: whoever deletes rows meanwhile shall not bring an older one back
        unnoticed.
        """
        provider = self._now.edition.provider
        vaults = [tenant.vault for tenant in provider.tenants.values()]
        with suppress(StorageError):  # the look that follows says so
            self._memory.learn(await highest(provider.storage, vaults))

    async def _look(self) -> None:
        """Take the newest revision, if it is newer: numbers only rise, so nobody is led back by a row that is gone."""
        try:
            newest = await self._revisions.newest()
            if newest > self._now.edition.in_force.number and self._is_due(newest):
                await self._succeed(newest)
            if self._memory.see(newest):
                self._tell()
        except StorageError as error:  # the next look comes soon: it is said once
            if not self._is_blind:
                log.warning("configuration.unknown", error=str(error))
            self._is_blind = True
        else:
            self._is_blind = False

    def _is_due(self, number: int) -> bool:
        refusal = self._refusal
        now = asyncio.get_running_loop().time()
        return refusal is None or refusal.number != number or now >= refusal.again_at

    async def _succeed(self, number: int) -> None:
        began = asyncio.get_running_loop().time()
        try:
            coming = await self._prepare(number)
        except StorageError:
            raise
        except Exception as error:  # whatever it is, what serves goes on serving
            self._refuse(number, error)
            return
        before, self._now = self._now, coming
        self._refusal, self._drift = None, coming.edition.in_force.drift
        self._turn(coming.edition)
        self._tell()
        seconds = round(asyncio.get_running_loop().time() - began, 3)
        log.info(
            "configuration.switched", revision=number, before=before.edition.in_force.number, seconds=seconds
        )
        ending = asyncio.create_task(before.stack.aclose())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    async def _prepare(self, number: int) -> _Opened:
        stored = await self._revisions.find(number, self._clock())
        assert stored is not None, "a revision is never deleted"
        in_force = await asyncio.to_thread(read_stored, stored, self._home)
        try:
            opened = await self._open(in_force, self._now.edition)
        except BaseException:
            in_force.leave()
            raise
        opened.stack.callback(in_force.leave)
        return opened

    async def _open(self, in_force: InForce, before: Edition | None) -> _Opened:
        stack = AsyncExitStack()
        return _Opened(await stack.enter_async_context(self._open_edition(in_force, before)), stack)

    def _refuse(self, number: int, error: Exception) -> None:
        mistakes = mistakes_of(error)
        words = "; ".join(mistakes) or str(error) or type(error).__name__
        again_at = asyncio.get_running_loop().time() + RETRY_SECONDS
        known, self._refusal = self._refusal, Refusal(number, words, again_at)
        if known is not None and (known.number, known.words) == (number, words):
            return  # it was told
        for mistake in mistakes:
            log.error("configuration.mistake", revision=number, mistake=mistake)
        kept = self._now.edition.in_force.number
        log.error("configuration.refused", revision=number, kept=kept, exc_info=not mistakes and error)
        self._tell()

    async def _watch_files(self) -> None:
        while True:
            await asyncio.sleep(DRIFT_SECONDS)
            in_force = self._now.edition.in_force
            if in_force.number == FILES:
                continue
            found = await asyncio.to_thread(drift, self._home, in_force.bundle, in_force.configuration)
            if in_force is self._now.edition.in_force and found != self._drift:
                self._drift = found
                self._tell()

    def _tell(self) -> None:
        """What an administrator should see to, in the log and in health."""
        now, said = self._now.edition, []
        if self._refusal is not None:
            # Why stands in the log: whoever may ask for our health need not know our files.
            said.append(
                f"revision {self._refusal.number} cannot be used here, see the log: the one before serves"
            )
        if missing := self._memory.missing:
            said.append(missing)
            log.error("configuration.gone", revision=now.in_force.number, words=missing)
        if self._drift:
            said.append(summary(self._drift, now.in_force.number))
            log.warning("configuration.drift", revision=now.in_force.number, files=[*map(str, self._drift)])
        now.notice(said)
