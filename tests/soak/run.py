"""A server under a moderate load for hours: does anything grow?

python -m tests.soak.run [--seconds 7200] [--rate 4] [--speed 6] [--out DIR]

All doors: logins, sign-in by a session, refreshes, SAML, RADIUS codes and accounting, wrong guesses, logins that are
abandoned, connections that stay idle; meanwhile configurations are applied, signing keys rotated, and what is over is
swept. The clock of server and clients runs --speed times as fast, so that what lasts an hour ends within some minutes.
Writes DIR/soak.json (every sample) and ends with a verdict: status 0 if nothing grows but what must.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from tests import clock
from tests.bench.servers import ACS, ENTITY_ID, REDIRECT_URI, USERS, add_saml_service
from tests.bench.target import Target
from tests.configuration import SECRET
from tests.people import PATTERN
from tests.protocols.radius.nas import SECRET as RADIUS_SECRET
from tests.server import ROOT, Server, free_port
from tests.soak import sample
from tests.soak.clients import CODES, TOKEN, Clients
from tests.soak.trend import trend
from tests.soak.watched.sitecustomize import WATCHED

SAMPLE_SECONDS: Final = 60.0
WARM: Final = 0.25  # of the samples: caches fill, and what has a lifetime reaches its level
APPLY_EVERY, ROTATE_EVERY = 5, 7  # samples
RELOADS: Final = 2  # at the beginning: they replace the workers, whose memory is to be seen
# By how much a figure may drift, in its own unit, as a share of its level or at the least.
ALLOWED: Final = {
    "memory_mb": (0.02, 2.0), "descriptors": (0.0, 4.0), "threads": (0.0, 1.0), "tasks": (0.05, 5.0),
    "objects": (0.02, 3000.0), "log_mb": (0.1, 1.0), "cpu_ms": (0.15, 1.0), "p50_ms": (0.25, 5.0),
}  # fmt: skip
ROWS: Final = (0.1, 40.0)
# What is kept on purpose: proofs of what happened, a row for each key or configuration that there ever was, and, for
# a day after its end, what a late report or a service that is out of reach may still be about.
KEPT: Final = {"audit", "audit_checkpoints", "data_keys", "person_keys", "signing_keys", "revisions"} | {
    "network_sessions",
    "participants",
}


def serve(folder: Path) -> tuple[Server, int, int]:
    """Every door; lifetimes of minutes."""
    server, radius, accounting = Server(folder / "server"), free_port(), free_port()
    watched = Path(__file__).parent / "watched"
    (folder / "watched").mkdir()
    server.environment |= {"PYTHONPATH": f"{ROOT}{os.pathsep}{watched}", WATCHED: str(folder / "watched")}
    server.imports_anew = True
    server.settable_clock()
    idp, tenant = server.configuration.idp, server.tenant
    idp["doors"] = ["oidc", "saml", "radius"]
    idp["listen"] |= {"radius": f"127.0.0.1:{radius}", "radius_accounting": f"127.0.0.1:{accounting}"}
    idp["log"]["level"] = "warning"
    tenant.settings |= {
        "session": {"idle_seconds": 300, "absolute_seconds": 600},
        "login_seconds": 120,
        "lockout": {"failures": 5, "seconds": 600},
        "oidc": {"access_token_seconds": 600, "id_token_seconds": 600, "refresh_token_seconds": 900},
    }
    tenant.authenticators["totp"] = {}
    tenant.policies = [
        {"name": "vpn", "when": {"protocols": ["radius"]}, "then": {"require": ["totp"]}},
        {"name": "all", "then": {"require": ["matrix"]}},
    ]
    scopes = ["openid", "profile", "email", "offline_access"]
    grants = ["authorization_code", "refresh_token", "client_credentials"]
    tenant.add_service("bench", REDIRECT_URI, scopes=scopes, grant_types=grants)
    add_saml_service(server)
    tenant.services["vpn"] = {
        "service": "vpn",
        "display_name": {"en": "vpn"},
        "radius": {"networks": ["127.0.0.1/32"], "secret": RADIUS_SECRET.decode()},
    }
    for number in range(USERS):
        tenant.add_demo_user(f"user{number}", matrix={"pattern": PATTERN})
    for number in range(CODES):
        tenant.add_demo_user(f"code{number}", totp={"secret": TOKEN})
        tenant.add_demo_user(f"guessed{number}", matrix={"pattern": PATTERN}, totp={"secret": TOKEN})
    return server.start(), radius, accounting


def target_of(server: Server) -> Target:
    return Target(
        name="masugata", issuer=server.url, client_id="bench", client_secret=SECRET, redirect_uri=REDIRECT_URI,
        scope="openid profile email offline_access", users=USERS, roots=(server.pid,), pattern=PATTERN,
        sso=f"{server.url}/saml/sso", metadata=f"{server.url}/saml/metadata", entity_id=ENTITY_ID, acs=ACS,
    )  # fmt: skip


async def hurry(server: Server, speed: float) -> None:
    """Let the server's time, and ours, run so many times as fast."""
    before = time.monotonic()
    while speed > 1:
        await asyncio.sleep(0.5)
        now = time.monotonic()
        server.advance((now - before) * (speed - 1))
        before = now


def administer(server: Server, number: int) -> None:
    """What administrators do now and then."""
    if number <= RELOADS:
        server.reload()
    elif number % APPLY_EVERY == 0:
        server.tenant.settings["display_name"] = {"ja": f"第{number}", "en": f"Number {number}"}
        server.write()
        server.cli("config", "apply", "--why", f"number {number}")
    if number % ROTATE_EVERY == 0:
        server.cli("key", "rotate", "--force", "--tenant", "demo")


async def observe(server: Server, clients: Clients, folder: Path, count: int) -> list[dict[str, Any]]:
    """So many samples, a minute apart."""
    samples: list[dict[str, Any]] = []
    began, cpu = time.monotonic(), sample.cpu_seconds(server)
    for number in range(1, count + 1):
        await asyncio.sleep(max(0.0, began + number * SAMPLE_SECONDS - time.monotonic()))
        now = sample.cpu_seconds(server)
        seconds, clients.seconds = clients.seconds, type(clients.seconds)(list)
        # a worker that went took its CPU time along
        found: dict[str, Any] = sample.of_operations(seconds, max(0.0, now - cpu))
        found |= await asyncio.to_thread(sample.of_processes, server, folder / "watched")
        found |= await asyncio.to_thread(sample.of_database, server.folder / "var" / "masugata.db")
        found["kinds"] = await asyncio.to_thread(sample.kinds, server, folder / "watched")
        samples.append(found)
        print(
            f"{number:4}/{count} {found['operations']:5.0f} operations {found['cpu_ms']:6.2f} CPU ms"
            f"  p50 {found['p50_ms']:6.1f} p99 {found['p99_ms']:7.1f} ms  {found['memory_mb']:6.1f} MB"
            f"  {found['descriptors']:4.0f} files {found['tasks']:3.0f} tasks  log {found['log_mb']:4.1f} MB"
            f"  failed {sum(clients.failures.values())}",
            flush=True,
        )
        await asyncio.to_thread(administer, server, number)
        cpu = sample.cpu_seconds(server)
    return samples


def verdict(samples: list[dict[str, Any]]) -> list[str]:
    """What grows, one line each; empty where all is flat."""
    seen = samples[int(len(samples) * WARM) :]
    grown = []
    for name in sorted(seen[0].keys() - {"operations", "p99_ms", "file_mb", "kinds"}):
        if name.removeprefix("rows ") in KEPT:
            continue
        share, least = ALLOWED.get(name, ROWS)
        found = trend([each[name] for each in seen])
        if found.grows(max(least, share * found.first)):
            grown.append(f"{name}: from {found.first:.1f} to {found.last:.1f}, {found.drift:+.1f} in all")
    return grown


def kept(samples: list[dict[str, Any]]) -> str:
    """What grows as it must, for each operation."""
    seen = samples[int(len(samples) * WARM) :]
    done = sum(each["operations"] for each in seen[1:])
    file = (seen[-1]["file_mb"] - seen[0]["file_mb"]) * 1e6 / max(1, done)
    rows = (seen[-1]["rows audit"] - seen[0]["rows audit"]) / max(1, done)
    return f"kept of each operation: {rows:.2f} records of the audit log; {file:.0f} bytes of the database's file"


async def soak(folder: Path, given: argparse.Namespace) -> list[dict[str, Any]]:
    server, radius, accounting = serve(folder)
    os.environ[clock.VARIABLE] = server.environment[clock.VARIABLE]
    clock.follow()
    clients = Clients(target_of(server), radius, accounting)
    try:
        await clients.prepare()
        beside = [
            asyncio.create_task(each)
            for each in (hurry(server, given.speed), clients.keep_coming(given.rate))
        ]
        samples = await observe(server, clients, folder, max(4, round(given.seconds / SAMPLE_SECONDS)))
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        for failure, count in clients.failures.most_common(10):
            print(f"{count} times: {failure}")
    finally:
        await clients.close()
        server.stop()
        bad = [line for line in server.log.splitlines() if '"defect"' in line or "Traceback" in line]
        print(f"{len(bad)} defects in the log", *bad[:5], sep="\n")
    return samples


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("SOAK_SECONDS", "7200")))
    parser.add_argument("--rate", type=float, default=4.0, help="operations a second")
    parser.add_argument("--speed", type=float, default=6.0, help="of the clock")
    parser.add_argument("--out", type=Path, default=ROOT / "tests" / "out", metavar="DIR")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="masugata-soak-") as name:
        samples = asyncio.run(soak(Path(name), given))
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "soak.json").write_text(json.dumps(samples, indent=1))
    print(kept(samples))
    grown = verdict(samples)
    print(*(f"grows: {each}" for each in grown) if grown else ["flat"], sep="\n")
    raise SystemExit(bool(grown))


if __name__ == "__main__":
    main()
