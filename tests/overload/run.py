"""Once, twice and ten times the load that our server can carry: who is served, how fast, and what the rest is told.

python -m tests.overload.run [--seconds 10] [--times 1,2,10] [--requests 128]

First it is measured what one process carries: logins by matrix one after the other, then Access-Requests. Then as many
begin as are offered, whatever becomes of those before (open loop): logins, Access-Requests, and both together. The load
comes from processes of its own. Everything is as it is delivered: durable SQLite, audit, budgets, a log line a request.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tests import processes
from tests.bench.load import calibrate
from tests.bench.servers import REDIRECT_URI, USERS
from tests.bench.target import Target
from tests.configuration import SECRET
from tests.people import PATTERN
from tests.protocols.radius.nas import SECRET as RADIUS_SECRET
from tests.server import ROOT, Server, free_port

SCOPES: Final = ["openid", "profile", "email"]
HEAD: Final = (
    "logins offered   finished  turned away  broken off  failed | requests served p50   p99 ms  refused  p99 ms"
    "  health max ms | CPU s/s  memory MB"
)
RADIUS_HEAD: Final = "requests offered  answered   dropped  p50   p99 ms  signs of life | CPU s/s  memory MB"


def serve(folder: Path, requests: int) -> tuple[Server, Target, int]:
    server, radius = Server(folder), free_port()
    server.imports_anew = True
    idp, tenant = server.configuration.idp, server.tenant
    idp["doors"] = ["oidc", "radius"]
    idp["listen"]["radius"] = f"127.0.0.1:{radius}"
    idp["overload"] = {"requests": requests, "connections": 10_000}  # a proxy in front would keep fewer open
    tenant.policies = [
        {"name": "vpn", "when": {"protocols": ["radius"]}, "then": {"require": ["totp"]}},
        {"name": "all", "then": {"require": ["matrix"]}},
    ]
    tenant.add_service("bench", REDIRECT_URI, scopes=SCOPES)
    tenant.services["vpn"] = {
        "service": "vpn",
        "display_name": {"en": "vpn"},
        "radius": {"networks": ["127.0.0.1/32"], "secret": RADIUS_SECRET.decode()},
    }
    for number in range(USERS):
        tenant.add_demo_user(f"user{number}", matrix={"pattern": PATTERN})
    server.start()
    target = Target(
        name="masugata", issuer=server.url, client_id="bench", client_secret=SECRET, redirect_uri=REDIRECT_URI,
        scope=" ".join(SCOPES), users=USERS, roots=(server.pid,), pattern=PATTERN,
    )  # fmt: skip
    return server, target, radius


class Watched:
    """What the server cost while the block ran."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.memory = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Watched:
        self._cpu, self._began = processes.cpu_seconds(self._server.pid), time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        took = time.monotonic() - self._began
        self.cpu = (processes.cpu_seconds(self._server.pid) - self._cpu) / took
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.5):
            self.memory = max(self.memory, processes.memory_bytes(self._server.pid))

    def __str__(self) -> str:
        return f"{self.cpu:7.2f}  {self.memory / 1e6:9.0f}"


def offered(*commands: Sequence[str | Path]) -> list[dict[str, Any]]:
    """What these processes print, run side by side."""
    begun = [
        subprocess.Popen([sys.executable, "-m", *each], cwd=ROOT, stdout=subprocess.PIPE) for each in commands
    ]
    return [json.loads(each.communicate()[0]) for each in begun]


def told(run: dict[str, Any]) -> str:
    failed = sum(run["failures"].values())
    return (
        f"{run['offered']:12.0f}/s {run['done']:8.0f}/s {run['turned_away']:12} {run['broken_off']:11} {failed:7} |"
        f" {run['requests']:9.0f}/s {run['served_p50']:7.1f} {run['served_p99']:8.1f} {run['refusals']:7.0f}/s"
        f" {run['refused_p99']:6.1f} {run['health_max']:14.1f}{'' if not run['health_failed'] else ' FAILED'}"
    )


def told_of_radius(run: dict[str, Any]) -> str:
    return (
        f"{run['offered']:14.0f}/s {run['answered']:7.0f}/s {run['dropped']:7.0f}/s {run['p50']:6.1f} {run['p99']:7.1f}"
        f"   {run['signs']:3} of {run['signs_asked']}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--times", type=lambda text: [*map(float, text.split(","))], default=[1.0, 2.0, 10.0])
    parser.add_argument("--requests", type=int, default=128, help="`overload.requests` of the server")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="masugata-overload-") as name:
        server, target, port = serve(Path(name, "server"), given.requests)
        file = Path(name, "target.json")
        target.write(file)
        try:
            run(server, file, port, given)
        finally:
            server.stop()
            defects = [line for line in server.log.splitlines() if '"defect"' in line]
            print(f"{len(defects)} defects in the log", *defects[:3], sep="\n")


def run(server: Server, file: Path, port: int, given: argparse.Namespace) -> None:
    seconds = ["--seconds", str(given.seconds)]
    logins = ["tests.overload.offer", file, *seconds]
    nases = ["tests.overload.nases", str(port), *seconds]
    print(f"a signature takes {calibrate():.2f} ms just now")
    carried = offered([*logins, "--users", "16"])[0]["done"]
    print(f"it carries {carried:.0f} logins a second\n\n     {HEAD}")
    for times in given.times:
        with Watched(server) as cost:
            (found,) = offered([*logins, "--rate", str(times * carried)])
        print(f"{times:3.0f}× {told(found)} | {cost}", flush=True)
        if found["failures"]:
            print(f"     {found['failures']}")
    answered = offered([*nases, "--in-flight", "64"])[0]["answered"]
    print(f"\nit answers {answered:.0f} Access-Requests a second\n\n     {RADIUS_HEAD}")
    for times in given.times:
        with Watched(server) as cost:
            (found,) = offered([*nases, "--rate", str(times * answered)])
        print(f"{times:3.0f}× {told_of_radius(found)} | {cost}", flush=True)
    most = max(given.times)
    with Watched(server) as cost:
        both = offered([*logins, "--rate", str(most * carried)], [*nases, "--rate", str(most * answered)])
    print(f"\nboth at {most:.0f}×: {cost}\n     {told(both[0])}\n     {told_of_radius(both[1])}")
    time.sleep(6)  # until it no longer remembers
    (after,) = offered([*logins, "--users", "4"])
    print(f"\nright after, four people one after the other:\n     {told(after)}")


if __name__ == "__main__":
    main()
