"""The product's program in processes of its own, forked from one that is warm: no start waits for imports or pages."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from multiprocessing import connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Protocol

from idp.cli import NOUNS, main
from tests import clock

# An exit status can be read once only, and starting a process reads the status of every other one that has ended:
# of two threads that read at once, the later one is told 255.
_reading = threading.Lock()

Streams = tuple[Path, Path, Path]  # standard input, and the files that output and errors are added to

_forking = multiprocessing.get_context("forkserver")
_forking.set_forkserver_preload(
    [
        *("idp.app", "protocols.oidc.opening", "protocols.radius.opening"),
        *(f"idp.cli.{noun}" for noun in NOUNS),
        "tests.prepared",
        "tests.warm",
    ]
)


class Running(Protocol):
    """What both kinds of process can do, as `subprocess.Popen` has it."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float, /) -> int: ...
    def terminate(self) -> None: ...


def anew(words: Sequence[str], environment: Mapping[str, str], streams: Streams) -> Running:
    """`idp WORDS` in a fresh interpreter, as an administrator starts it."""
    with ExitStack() as opened:
        given, output, errors = (
            opened.enter_context(path.open(mode))
            for path, mode in zip(streams, ("rb", "ab", "ab"), strict=True)
        )
        return subprocess.Popen(
            [sys.executable, "-m", "idp", *words],
            env=environment, stdin=given, stdout=output, stderr=errors, start_new_session=True,
        )  # fmt: skip


def prepared(words: Sequence[str], environment: Mapping[str, str], streams: Streams) -> Running:
    """The same, forked: a tenth of the time, and nothing else differs."""
    return Prepared(words, environment, streams)


class Prepared:
    """A process forked from the prepared one."""

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], streams: Streams) -> None:
        self._process: ForkServerProcess = _forking.Process(
            target=_run, args=(list(words), dict(environment), streams)
        )
        with _reading:
            self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        with _reading:
            return self._process.exitcode

    def wait(self, timeout: float, /) -> int:
        """Its exit status. Raises `subprocess.TimeoutExpired` when it still runs after `timeout` seconds."""
        connection.wait([self._process.sentinel], timeout)
        ended = self.poll()
        if ended is None:
            raise subprocess.TimeoutExpired("idp", timeout)
        return ended

    def terminate(self) -> None:
        self._process.terminate()


def _run(words: list[str], environment: dict[str, str], streams: Streams) -> None:
    """In the new process: become what a shell would have started, then run the command."""
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    adding = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    for number, (path, flags) in enumerate(zip(streams, (os.O_RDONLY, adding, adding), strict=True)):
        os.dup2(os.open(path, flags), number)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115  multiprocessing gave it an empty one
    clock.follow()
    main(words, prog_name="idp")
