"""One node with every door open, whose processes can be found and killed."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from tests.administration import CommandFailed
from tests.people import PASSWORD, PATTERN, Token
from tests.prepared import Running
from tests.processes import Stat
from tests.protocols.radius.nas import SECRET
from tests.relying_party import CALLBACK
from tests.server import STARTED, Server, free_port
from tests.service_provider import Provider

WORKERS = 2
WANDERERS = ("anna", "bert", "cleo")
HOLDERS = tuple(f"holder{number:02}" for number in range(24))
CHANGED = ("petra", "quentin")  # whose pattern the desk changes
VISITOR = "sam"  # of the service that speaks SAML
GONE_SECONDS = 30.0


class Node(Server):
    """SQLite, two workers; OpenID Connect, SAML and RADIUS; a mail server that never answers."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, workers=WORKERS)
        self.radius = free_port()
        self.provider = Provider("files")
        self.tokens = {name: Token() for name in HOLDERS}
        self.database = folder / "var" / "masugata.db"

    def prepare(self) -> Node:
        """Write the folder."""
        idp, tenant = self.configuration.idp, self.tenant
        idp["doors"] = ["oidc", "saml", "radius"]
        idp["listen"]["radius"] = f"127.0.0.1:{self.radius}"
        tenant.settings |= {
            "lockout": {"failures": 100, "seconds": 60},
            "mail": {"host": "127.0.0.1", "port": free_port(), "tls": "none", "sender": "idp@example.com",
                     "new_browsers": False},
            "oidc": {"refresh_grace_seconds": 60},
        }  # fmt: skip
        tenant.policies.insert(
            0, {"name": "codes", "when": {"groups": ["codes"]}, "then": {"require": ["totp"]}}
        )
        tenant.add_service("wiki", CALLBACK, scopes=["openid", "profile", "email", "offline_access"])
        tenant.add_service("agree", f"{CALLBACK}/agree", consent="remembered")
        names = {"display_name": {"en": "One"}}
        radius = {"networks": ["127.0.0.0/8"], "secret": SECRET.decode()}
        tenant.services["vpn"] = {"service": "vpn", **names, "radius": radius}
        tenant.services["files"] = {"service": "files", **names, "saml": {"metadata": "metadata/files.xml"}}
        (self.config / "metadata").mkdir(parents=True)
        (self.config / "metadata" / "files.xml").write_text(self.provider.metadata())
        for name in (*WANDERERS, *CHANGED, VISITOR):
            tenant.add_demo_user(name, "staff", matrix={"pattern": PATTERN})
            tenant.people[-1]["email"] = f"{name}@example.com"
        for name, token in self.tokens.items():
            tenant.add_demo_user(name, "codes", totp={"secret": token.secret})
        tenant.add_demo_user(
            "paul", "token", password={"password": PASSWORD}, totp={"secret": Token().secret}
        )
        self.write()
        return self

    def begin(self) -> Running:
        """Start and do not wait: `started` does."""
        self._process = self.command("serve", streams=(Path(os.devnull), self._log_path, self._log_path))
        STARTED.add(self)
        return self._process

    def started(self) -> float:
        """Wait until it is ready; returns for how long that was, in seconds."""
        since = time.monotonic()
        self._wait_until_ready()
        return time.monotonic() - since

    def is_proven(self) -> bool:
        """Whether every record of the audit log is linked, and none was changed; nor is there one before the first."""
        try:
            return self.cli("audit", "verify").startswith("whole:")
        except CommandFailed as failed:
            assert "there is no log yet" in str(failed), failed
            return False

    @property
    def workers(self) -> list[int]:
        return self.pids[1:]

    def kill_all(self) -> None:
        """As a power cut would; returns when nothing of it is left."""
        process, self._process = self._process, None
        assert process is not None
        STARTED.discard(self)
        group = [stat for pid in _members(process.pid) if (stat := Stat.read(pid))]
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(ProcessLookupError):  # it may not yet have had a group of its own
            os.kill(process.pid, signal.SIGKILL)
        process.wait(GONE_SECONDS)
        wait_for_end([stat.pid for stat in group])

    def kill_supervisor(self) -> None:
        """Its workers notice, and end by themselves; returns when they have."""
        process, self._process = self._process, None
        assert process is not None
        STARTED.discard(self)
        left = _members(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(GONE_SECONDS)
        wait_for_end(left)


def _members(group: int) -> list[int]:
    """Who is in the process group now."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(ProcessLookupError):
            if os.getpgid(int(path.name)) == group:
                found.append(int(path.name))
    return found


def wait_for_end(pids: list[int]) -> None:
    """Raises AssertionError for who is still there after a while; the dead who are not yet reaped are not."""
    until = time.monotonic() + GONE_SECONDS
    while left := [pid for pid in pids if _lives(pid)]:
        assert time.monotonic() < until, f"{left} do not end"
        time.sleep(0.005)


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
