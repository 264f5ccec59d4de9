"""The supervisor's loop: start, reload, heal, end. It serves no request itself, so it can always fork."""

from __future__ import annotations

import gc
import select
import signal
import time
from collections.abc import Iterator
from itertools import chain

import structlog

from idp.supervisor import notify
from idp.supervisor.generation import Generation
from idp.supervisor.signals import SignalPipe
from idp.supervisor.sockets import Listeners
from idp.supervisor.work import Load, Unfit, Work
from idp.supervisor.worker import SUPERVISED, Worker

STOP_SECONDS = 20.0  # a worker that was to stop and has not by then is killed

log = structlog.get_logger("idp.supervisor")


class Supervisor:
    """Keeps one generation of workers serving, and puts a new one in its place when asked to."""

    def __init__(self, load: Load, listeners: Listeners) -> None:
        self._load = load
        self._listeners = listeners
        self._serving: Generation | None = None
        self._coming: Generation | None = None
        self._leaving: list[Worker] = []
        self._ending = False
        self._reload_again = False

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT; returns the exit status. Raises `Unfit` if the first load fails."""
        with SignalPipe(SUPERVISED) as signals:
            self._begin(self._loaded())
            while (
                self._serving or self._coming or any(self._workers())
            ):  # the last may have died: it is replaced too
                self._wait(signals)
                for number in signals.received():
                    self._obey(number)
                self._reap()
                self._advance(time.monotonic())
        self._listeners.keep(())
        return 0 if self._ending else 1

    def _workers(self) -> Iterator[Worker]:
        generations = [generation for generation in (self._serving, self._coming) if generation]
        return chain(self._leaving, *(generation.workers for generation in generations))

    def _loaded(self) -> Work:
        gc.disable()  # what is imported and read stays: to look for garbage meanwhile takes a tenth of the time
        try:
            return self._load()
        finally:
            gc.enable()

    def _begin(self, work: Work) -> None:
        now = time.monotonic()
        try:
            sockets = self._listeners.at(work.addresses, work.workers)
        except OSError as error:
            raise Unfit([error.strerror or str(error)]) from error
        gc.unfreeze()
        gc.collect()
        gc.freeze()  # what is loaded by now stays shared: no worker's collector writes to its pages
        self._coming = Generation(work, sockets, now, self._listeners.besides)
        self._coming.fill(self._workers(), now)

    def _wait(self, signals: SignalPipe) -> None:
        unready = {worker.channel.fileno(): worker for worker in self._workers() if not worker.ready}
        patience = self._patience(time.monotonic())
        readable, _, _ = select.select([signals.read_end, *unready], [], [], patience)
        for descriptor in readable:
            if worker := unready.get(descriptor):
                worker.hear()

    def _patience(self, now: float) -> float | None:
        """Seconds until something has to be done without having been asked for."""
        due = [worker.deadline for worker in self._leaving if worker.deadline is not None]
        due += [each.due for each in (self._serving, self._coming) if each and each.due is not None]
        if due or self._coming:
            return max(0.0, min([now + 1.0, *due]) - now)
        return None

    def _obey(self, number: signal.Signals) -> None:
        if number == signal.SIGHUP and not self._ending:
            self._reload()
        elif number in (signal.SIGTERM, signal.SIGINT):
            self._end()

    def _reload(self) -> None:
        if self._coming:
            self._reload_again = True  # what changed since that one was read must not be missed
            return
        notify.reloading()
        try:
            self._begin(self._loaded())
        except Unfit as unfit:
            for mistake in unfit.mistakes:
                log.error("configuration.mistake", mistake=mistake)
            self._keep_old()
        except Exception:  # a defect in what reads the configuration must not end what serves
            log.exception("configuration.failed")
            self._keep_old()

    def _keep_old(self) -> None:
        log.error("configuration.refused", kept="the configuration before it stays in force")
        if self._serving:
            self._keep_listening(self._serving.work)
        notify.ready()

    def _keep_listening(self, work: Work) -> None:
        self._listeners.keep(work.addresses, work.workers)

    def _end(self) -> None:
        if self._ending:
            for worker in self._leaving:
                worker.send(signal.SIGKILL)  # asked twice: at once
            return
        self._ending = True
        log.info("server.stopping")
        notify.stopping()
        for worker in self._leaving:
            worker.send(signal.SIGTERM)
        self._dismiss(self._coming)
        self._dismiss(self._serving)
        self._coming = self._serving = None
        # Workers have their own: once the last is closed who connects is refused, and does not wait for our end.
        self._listeners.keep(())

    def _dismiss(self, generation: Generation | None, *, replaced: bool = False) -> None:
        if generation is None:
            return
        deadline = time.monotonic() + STOP_SECONDS + (0 if replaced else generation.work.drain_seconds)
        for worker in generation.workers:
            (worker.retire if replaced else worker.stop)(deadline)
            self._leaving.append(worker)

    def _reap(self) -> None:
        for worker in list(self._workers()):
            status = worker.ended()
            if status is None:
                continue
            if worker in self._leaving:
                self._leaving.remove(worker)
            elif self._coming and worker in self._coming.workers and status < 0:
                log.error(
                    "worker.died", pid=worker.pid, status=status
                )  # killed, not unfit: another may well live
                self._coming.bury(worker, time.monotonic())
            elif self._coming and worker in self._coming.workers:
                self._coming.workers.remove(worker)
                log.error("worker.start.failed", pid=worker.pid, status=status)
                self._give_up_coming()
            elif self._serving:
                log.error("worker.died", pid=worker.pid, status=status)
                self._serving.bury(worker, time.monotonic())

    def _give_up_coming(self) -> None:
        self._dismiss(self._coming)
        self._coming = None
        if self._serving:
            self._keep_old()

    def _advance(self, now: float) -> None:
        if self._coming and self._coming.is_ready():
            self._put_in_force(self._coming)
        elif self._coming and self._coming.is_overdue(now):
            log.error("generation.start.timeout")
            self._give_up_coming()
        for generation in (self._serving, self._coming):
            if generation and generation.due is not None and now >= generation.due:
                generation.fill(self._workers(), now)
        for worker in self._leaving:
            if worker.deadline is not None and now >= worker.deadline:
                log.error("worker.killed", pid=worker.pid, after_seconds=STOP_SECONDS)
                worker.send(signal.SIGKILL)
                worker.deadline = None
        if self._reload_again and not self._coming and not self._ending:
            self._reload_again = False
            self._reload()

    def _put_in_force(self, coming: Generation) -> None:
        before, self._serving, self._coming = self._serving, coming, None
        self._dismiss(before, replaced=True)
        self._keep_listening(coming.work)
        notify.ready()
        log.info(
            "server.reloaded" if before else "server.ready",
            addresses=coming.work.addresses,
            workers=[worker.pid for worker in coming.workers],
        )
