"""The product as its users meet it: a process started from a configuration folder, and its command line."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests import clock, processes
from tests.administration import ROOT, Administration
from tests.configuration import Configuration, TenantFolder
from tests.people import new_bob
from tests.prepared import Running

START_SECONDS = 60
STOP_SECONDS = 60
STARTED: set[Server] = set()


# Below those that the system gives to connections by itself (ip_local_port_range), so that between asking and listening
# none of ours can be given away. Each process begins somewhere else, and gives no port twice.
_PORTS = range(12000, 32768)
_next_ports = itertools.cycle(_PORTS)
next(itertools.islice(_next_ports, random.SystemRandom().randrange(len(_PORTS)), None))


def free_port() -> int:
    """A TCP and UDP port of the loopback interface that nobody listens on now."""
    return next(
        port
        for port in _next_ports
        if all(_is_free(port, kind) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM))
    )


def _is_free(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(type=kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Server(Administration):
    """One running server with its folder, its database and its log.

    The folder may be changed before `start`, or afterwards followed by `reload`.
    """

    def __init__(self, folder: Path, storage: str = "", workers: int = 1, address: str = "127.0.0.1") -> None:
        """Below `folder`; `storage` is the URL of a database, empty for an embedded one made there."""
        self.folder = folder
        self.address = address
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.storage = storage or f"sqlite:{folder / 'var' / 'masugata.db'}"
        self.environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.configuration = Configuration(
            idp={
                "listen": {"http": f"{address}:{self.port}"},
                "storage": self.storage,
                "master_key": {"file": str(folder / "var" / "master.key")},
                "workers": workers,
                "log": {"level": "info", "format": "json"},
                "overload": {
                    "delay_ms": 60_000
                },  # a machine that runs tests is late: nobody shall pay for that
            },
            tenants=[TenantFolder("demo", self.url)],
        )
        self.bob = new_bob()
        self._process: Running | None = None

    @property
    def tenant(self) -> TenantFolder:
        """The first tenant."""
        return self.configuration.tenants[0]

    @property
    def config(self) -> Path:
        return self.folder / "conf"

    def start(self) -> Server:
        """Write the folder, start, and wait until the server says that it is ready."""
        self.write()
        return self.launch()

    def write(self) -> None:
        """Write the folder, over what is there."""
        (self.folder / "var").mkdir(parents=True, exist_ok=True)
        self.configuration.write(self.config)

    def launch(self) -> Server:
        """Start with the folder as it stands, and wait until the server says that it is ready."""
        self.begin()
        self._wait_until_ready()
        return self

    def begin(self) -> None:
        """Start, and wait for nothing."""
        streams = Path(os.devnull), self._log_path, self._log_path
        self._process = self.command("serve", streams=streams)
        STARTED.add(self)

    def begin_to_stop(self) -> None:
        """Ask it to end; `stop` waits for that."""
        if self._process:
            self._process.terminate()

    def stop(self, kill: bool = False) -> int:
        """End the server and return its exit status; with `kill`, as a power cut would."""
        process, self._process = self._process, None
        STARTED.discard(self)
        if process is None:
            return 0
        if kill:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.terminate()
        try:
            return process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise AssertionError(
                f"the server did not stop within {STOP_SECONDS} s\n{self.log[-4000:]}"
            ) from None

    def has_ended(self) -> bool:
        """Whether it has, as asked by `begin_to_stop` or by itself: to be asked twice would end it at once."""
        return self._process is None or self._process.poll() is not None

    def settable_clock(self) -> None:
        """Call it before `start` to be able to `advance`."""
        self.environment[clock.VARIABLE] = str(self._clock)

    def advance(self, seconds: float) -> None:
        """Let time pass for the server and its command line."""
        assert clock.VARIABLE in self.environment, "settable_clock was not called"
        past = float(self._clock.read_text()) if self._clock.exists() else 0.0
        draft = self._clock.with_suffix(".draft")
        draft.write_text(str(past + seconds))
        draft.rename(self._clock)

    def reload(self) -> None:
        """Write the folder anew and ask the server to take it; does not wait."""
        self.configuration.write(self.config)
        self.signal_reload()

    def signal_reload(self) -> None:
        """Ask the server to take the folder as it stands (SIGHUP)."""
        os.kill(self.pid, signal.SIGHUP)

    @property
    def pid(self) -> int:
        assert self._process is not None, "the server is not running"
        return self._process.pid

    @property
    def pids(self) -> list[int]:
        """The supervisor, then its workers."""
        return [stat.pid for stat in processes.tree(self.pid)]

    @property
    def cpu_seconds(self) -> float:
        return processes.cpu_seconds(self.pid)

    @property
    def memory_bytes(self) -> int:
        return processes.memory_bytes(self.pid)

    @property
    def own_bytes(self) -> int:
        return processes.own_bytes(self.pid)

    @property
    def log(self) -> str:
        """Everything the server has written, JSON lines."""
        return self._log_path.read_text() if self._log_path.exists() else ""

    @property
    def events(self) -> list[dict[str, Any]]:
        """The lines of the log; the last counts once it is whole."""
        written, _, _ = self.log.rpartition("\n")
        return [json.loads(line) for line in written.splitlines() if line.startswith("{")]

    @property
    def _log_path(self) -> Path:
        return self.folder / "server.log"

    @property
    def _clock(self) -> Path:
        return self.folder / "clock"

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            assert self._process is not None
            if self._process.poll() is not None:
                raise AssertionError(f"the server ended with {self._process.poll()}\n{self.log[-8000:]}")
            if self.is_ready():
                return
            time.sleep(0.02)
        self.stop(kill=True)
        raise AssertionError(f"the server was not ready after {START_SECONDS} s\n{self.log[-8000:]}")

    def is_ready(self) -> bool:
        try:
            return self.health(2)[0] == 200
        except (OSError, ValueError):  # ValueError: what answers is no server of ours, or not yet whole
            return False

    def health(self, seconds: float = 60) -> tuple[int, dict[str, Any]]:
        """Status and content of `/health/ready`, by one of the workers. Raises OSError where nobody answers."""
        try:
            with urllib.request.urlopen(
                f"http://{self.address}:{self.port}/health/ready", timeout=seconds
            ) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())


def begin_to_stop_all() -> None:
    """A server waits for half a second for what it accepted last: they may as well wait together."""
    for server in STARTED:
        server.begin_to_stop()


def running(server: Server) -> Iterator[Server]:
    """The body of a fixture: started, and stopped whatever happens; all that it wrote down is declared."""
    try:
        yield server.start()
    finally:
        server.stop()
    undeclared = [line for line in server.log.splitlines() if '"audit.undeclared"' in line]
    assert undeclared == [], "see idp/audit_events.py"


async def eventually(holds: Any, seconds: float = 60) -> None:
    """Wait until `holds()` is true. Raises AssertionError after `seconds`."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, f"did not come true within {seconds} s"
        await asyncio.sleep(0.05)
