"""The product as its users meet it: a process started from a configuration folder, and its command line."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests import processes
from tests.configuration import Configuration, TenantFolder

ROOT = Path(__file__).parents[1]
START_SECONDS = 30
STOP_SECONDS = 15

PATTERN = "A1 F2 K3 L4 C2 G1"  # alice's
PASSWORD = "correct horse battery"  # bob's
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class CommandFailed(AssertionError):
    """The command line answered with another status than the test expects."""


class Server:
    """One running server with its folder, its database and its log.

    The folder may be changed before `start`, or afterwards followed by `reload`.
    """

    def __init__(self, folder: Path, storage: str = "", workers: int = 1) -> None:
        """Below `folder`; `storage` is the URL of a database, empty for an embedded one made there."""
        self.folder = folder
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.storage = storage or f"sqlite:{folder / 'var' / 'masugata.db'}"
        self.environment: dict[str, str] = {}
        self.configuration = Configuration(
            idp={
                "listen": {"http": f"127.0.0.1:{self.port}"},
                "storage": self.storage,
                "master_key": {"file": str(folder / "var" / "master.key")},
                "workers": workers,
                "log": {"level": "info", "format": "json"},
            },
            tenants=[TenantFolder("demo", self.url)],
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def tenant(self) -> TenantFolder:
        """The first tenant."""
        return self.configuration.tenants[0]

    @property
    def config(self) -> Path:
        return self.folder / "conf"

    def start(self) -> Server:
        """Write the folder, start, and wait until the server says that it is ready."""
        (self.folder / "var").mkdir(parents=True, exist_ok=True)
        self.configuration.write(self.config)
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "idp", "serve", "--config", str(self.config)],
                cwd=ROOT, env=self._environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        self._wait_until_ready()
        return self

    def stop(self, kill: bool = False) -> int:
        """End the server and return its exit status; with `kill`, as a power cut would."""
        process, self._process = self._process, None
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
    def log(self) -> str:
        """Everything the server has written, JSON lines."""
        return self._log_path.read_text() if self._log_path.exists() else ""

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]

    def cli(self, *words: str, given: str = "", status: int = 0) -> str:
        """Run `idp WORDS` with `given` on standard input and return what it printed.

        Raises CommandFailed when it ends with another exit status than `status`.
        """
        done = subprocess.run(
            [sys.executable, "-m", "idp", *words, "--config", str(self.config)],
            cwd=ROOT, env=self._environment(), input=given, capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip
        if done.returncode != status:
            raise CommandFailed(
                f"idp {' '.join(words)}: status {done.returncode}\n{done.stdout}{done.stderr}"
            )
        return done.stdout

    def audit(self, tenant: str = "demo", limit: int = 1000) -> list[dict[str, Any]]:
        """The audit log, newest first."""
        shown: list[dict[str, Any]] = json.loads(
            self.cli("audit", "show", "--tenant", tenant, "--limit", str(limit), "--json")
        )
        return shown

    def add_user(
        self,
        name: str,
        *groups: str,
        pattern: str | None = None,
        password: str | None = None,
        totp: str | None = None,
        tenant: str = "demo",
    ) -> None:
        """Add a person through the command line, with the credentials given."""
        membership = [word for group in groups for word in ("--group", group)]
        self.cli("user", "add", name, "--tenant", tenant, "--email", f"{name}@example.com", *membership)
        given = {"matrix": ("--pattern", pattern), "totp": ("--secret", totp)}
        for authenticator, (option, value) in given.items():
            if value is not None:
                self.cli("credential", "set", name, authenticator, "--tenant", tenant, option, value)
        if password is not None:
            self.cli("credential", "set", name, "password", "--tenant", tenant, given=f"{password}\n")

    def add_people(self, tenant: str = "demo") -> None:
        """alice (matrix), bob (password and TOTP) and carol, whom the policy denies."""
        with ThreadPoolExecutor() as each:
            added = (
                each.submit(self.add_user, "alice", "staff", pattern=PATTERN, tenant=tenant),
                each.submit(
                    self.add_user, "bob", "token", password=PASSWORD, totp=TOTP_SECRET, tenant=tenant
                ),
                each.submit(self.add_user, "carol", pattern=PATTERN, tenant=tenant),
            )
        for one in added:
            one.result()

    @property
    def _log_path(self) -> Path:
        return self.folder / "server.log"

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT), **self.environment}

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            assert self._process is not None
            if self._process.poll() is not None:
                raise AssertionError(f"the server ended with {self._process.returncode}\n{self.log[-8000:]}")
            if self.is_ready():
                return
            time.sleep(0.02)
        self.stop(kill=True)
        raise AssertionError(f"the server was not ready after {START_SECONDS} s\n{self.log[-8000:]}")

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=2) as answer:
                ready: bool = answer.status == 200
                return ready
        except (urllib.error.URLError, OSError):
            return False


def running(server: Server) -> Iterator[Server]:
    """The body of a fixture: started, and stopped whatever happens."""
    try:
        yield server.start()
    finally:
        server.stop()


async def eventually(holds: Any, seconds: float = 10) -> None:
    """Wait until `holds()` is true. Raises AssertionError after `seconds`."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, f"did not come true within {seconds} s"
        await asyncio.sleep(0.05)
