"""One worker process: forked with everything imported, it serves until it is told to stop or left alone."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

import structlog

from idp.supervisor.loop import Loop
from idp.supervisor.work import Stop, Unfit, Work

READY = b"\1"
Sockets = Mapping[str, tuple[socket.socket, ...]]
RETIRE = signal.SIGUSR1  # nobody but the supervisor sends it: SIGHUP reaches us from a closing terminal too
# Objects made before the collector looks, and how often it looks at older ones. A RADIUS request makes thousands and
# drops them at once: looked through after 700 of them, as is usual, they took 3 % of its time.
GARBAGE = (5000, 20, 20)
SUPERVISED = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)

log = structlog.get_logger("idp.supervisor")


@dataclass(slots=True, eq=False)
class Worker:
    """A worker as its supervisor sees it: `channel` carries READY to us; its end tells that we are gone."""

    pid: int
    number: int  # in its generation: it goes to who takes its place
    channel: socket.socket
    born: float
    ready: bool = False
    deadline: float | None = None  # when a worker that was told to stop is killed

    def hear(self) -> None:
        """Read the channel: the worker is ready. Silence at its end is left to the reaping."""
        self.ready = self.ready or self.channel.recv(1) == READY

    def stop(self, deadline: float) -> None:
        """Ask for a graceful end."""
        self.deadline = deadline
        self.send(signal.SIGTERM)

    def retire(self, deadline: float) -> None:
        """The same, others taking over: whoever keeps a connection open is given time to hear of it."""
        self.deadline = deadline
        self.send(RETIRE)

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)  # a dead child keeps its pid until it is reaped, so this hits no stranger

    def ended(self) -> int | None:
        """The exit status once it has ended, negative for the signal that killed it; None while it lives."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if not pid:
            return None
        self.channel.close()
        return os.waitstatus_to_exitcode(status)


def fork(work: Work, number: int, sockets: Sockets, others: Iterable[socket.socket], now: float) -> Worker:
    """Start a worker. Only a process without threads and event loop may call this.

    `others` are sockets of the supervisor's that are not his: by the channels of siblings these would not notice the
    supervisor's end.
    """
    ours, theirs = socket.socketpair()
    # a signal between the fork and the worker's own handlers would be taken for the supervisor's
    signal.pthread_sigmask(signal.SIG_BLOCK, SUPERVISED)
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        ours.close()
        for other in others:
            other.close()
        _live(work, sockets, theirs)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SUPERVISED)
    theirs.close()
    return Worker(pid, number, ours, now)


def _live(work: Work, sockets: Sockets, channel: socket.socket) -> NoReturn:
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in SUPERVISED:
            # Ctrl-C reaches the whole process group; only the supervisor decides what it means
            ignored = number in (signal.SIGINT, signal.SIGHUP)
            signal.signal(number, signal.SIG_IGN if ignored else signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SUPERVISED)
        gc.set_threshold(*GARBAGE)
        # Never closed: that would wait for threads, and one that looks up a host name may take its time.
        asyncio.Runner(loop_factory=Loop).run(_serve(work, sockets, channel))
        status = 0
    except Unfit as unfit:
        for mistake in unfit.mistakes:
            log.error("worker.unfit", pid=os.getpid(), mistake=mistake)
    except Exception:
        log.exception("worker.failed", pid=os.getpid())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)  # what the supervisor registered to run at its exit is not ours to run


async def _serve(work: Work, sockets: Sockets, channel: socket.socket) -> None:
    loop, stop, announced = asyncio.get_running_loop(), Stop(), asyncio.Event()

    def announce() -> None:
        announced.set()
        with suppress(BrokenPipeError):  # the supervisor died meanwhile: we are told so in a moment
            channel.sendall(READY)

    def end() -> None:
        stop.at_once.set()
        stop.set()

    def leave() -> None:
        stop.leaving.set()
        serves = announced.is_set() and not stop.is_set()
        loop.call_later(work.drain_seconds if serves else 0, end)

    def abandoned() -> None:
        loop.remove_reader(channel)
        end()

    loop.add_signal_handler(signal.SIGTERM, leave)
    loop.add_signal_handler(RETIRE, stop.set)
    loop.add_reader(channel, abandoned)  # nothing is ever sent to us: readable means that the supervisor died
    await work.serve(sockets, announce, stop)
