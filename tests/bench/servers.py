"""The servers that are measured: ours, and a peer of a shared bench folder."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.bench.target import Target
from tests.configuration import SECRET
from tests.people import PASSWORD, PATTERN
from tests.server import Server

REDIRECT_URI = "http://localhost:9/callback"  # never called
USERS = 16
READY_SECONDS = 60


@contextmanager
def masugata(folder: Path, method: str, workers: int) -> Iterator[Target]:
    """Our server with everything as it is delivered: durable SQLite, audit, log of every request.

    `method` is the one proof that everybody gives, `matrix` or `password`.
    """
    server = Server(folder, workers=workers)
    server.imports_anew = True  # its memory shall be its own
    server.tenant.policies = [{"name": "all", "then": {"require": [method]}}]
    scopes = ["openid", "profile", "email", "offline_access"]
    server.tenant.add_service("bench", REDIRECT_URI, scopes=scopes)
    enrolled = {"pattern": PATTERN} if method == "matrix" else {"password": PASSWORD}
    for number in range(USERS):
        server.tenant.add_demo_user(f"user{number}", **{method: enrolled})
    server.start()
    try:
        yield Target(
            name=f"masugata ({method})", issuer=server.url, client_id="bench", client_secret=SECRET,
            redirect_uri=REDIRECT_URI, scope=" ".join(scopes), users=USERS, roots=(server.pid,), **enrolled,
        )  # fmt: skip
    finally:
        server.stop()


@contextmanager
def peer(bench: Path, name: str, state: Path) -> Iterator[Target]:
    """A peer as `targets/NAME.json` of the bench folder describes it; it was installed there before."""
    described = json.loads((bench / "targets" / f"{name}.json").read_text())
    script = bench / f"run_{described['peer']}.sh"
    environment = {**os.environ, **described.get("env", {}), "BENCH_STATE": str(state)}
    subprocess.run([script, "start"], env=environment, check=True)
    try:
        wait_until_ready(described["base"] + described["ready"])
        noted = (state / described["peer"] / "run.pids").read_text().splitlines()
        oidc = described["oidc"]
        yield Target(
            name=described["name"], issuer=described["base"], client_id=oidc["client_id"],
            client_secret=oidc["client_secret"], redirect_uri=oidc["redirect_uri"], scope=oidc["scope"],
            users=oidc["nusers"], roots=tuple(int(line.split()[0]) for line in noted),
            password=oidc["password"],
        )  # fmt: skip
    finally:
        subprocess.run([script, "stop"], env=environment, check=True)


def wait_until_ready(url: str) -> None:
    until = time.monotonic() + READY_SECONDS
    while True:
        try:
            with urlopen(url, timeout=5) as response:
                if response.status == 200:
                    return
        except (URLError, OSError):
            pass
        if time.monotonic() > until:
            raise TimeoutError(f"{url} did not answer within {READY_SECONDS} s")
        time.sleep(0.05)
