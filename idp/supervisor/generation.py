"""The workers that serve one configuration: begun together, replaced together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from socket import socket

import structlog

from idp.supervisor.work import Work
from idp.supervisor.worker import Sockets, Worker, fork

READY_SECONDS = 30.0  # a worker that is not ready by then will not be
# Before a worker that died is replaced. One that dies for want of the database is to be back soon after that is.
FIRST_DELAY, LONGEST_DELAY = 0.1, 5.0
STEADY_SECONDS = 60.0  # one that lived that long did not die of its start

log = structlog.get_logger("idp.supervisor")


@dataclass(slots=True, eq=False)
class Generation:
    """Its workers, and how the dead ones are replaced."""

    work: Work
    sockets: Sequence[Sockets]  # of each worker
    begun: float
    besides: Callable[[Sockets], Iterable[socket]]  # which sockets are not a worker's
    workers: list[Worker] = field(default_factory=list)
    delay: float = FIRST_DELAY
    due: float | None = None  # when the next replacement is forked

    def is_ready(self) -> bool:
        """Whether all workers answer requests."""
        return len(self.workers) == self.work.workers and all(worker.ready for worker in self.workers)

    def is_overdue(self, now: float) -> bool:
        return now > self.begun + READY_SECONDS

    def fill(self, strangers: Iterable[Worker], now: float) -> None:
        """Fork the workers that are missing. `strangers` live in other generations."""
        self.due = None
        siblings = list(strangers)
        try:
            while len(self.workers) < self.work.workers:
                number = self._vacant()
                mine = self.sockets[number]
                others = [*(each.channel for each in (*siblings, *self.workers)), *self.besides(mine)]
                self.workers.append(fork(self.work, number, mine, others, now))
        except OSError as error:  # no process or memory left: what serves goes on serving
            log.error("worker.fork.failed", error=str(error))
            self.due = now + LONGEST_DELAY

    def _vacant(self) -> int:
        taken = {worker.number for worker in self.workers}
        return next(number for number in range(self.work.workers) if number not in taken)

    def bury(self, worker: Worker, now: float) -> None:
        """A worker died: have it replaced, later each time while none lives long."""
        self.workers.remove(worker)
        if now - worker.born > STEADY_SECONDS:
            self.delay = FIRST_DELAY
        self.due = now + self.delay
        log.warning("worker.replaced", pid=worker.pid, in_seconds=self.delay)
        self.delay = min(self.delay * 2, LONGEST_DELAY)
