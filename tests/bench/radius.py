"""What a RADIUS request costs: CPU milliseconds of all our processes, at several numbers of requests in flight.

python -m tests.bench.radius [--requests 3000] [--rounds 3] [--in-flight 1,64,256] [--workloads code,table,wrong]

Everything is as it is delivered: durable SQLite, audit, budgets, single use. The client is a process of its own. Every
request has another user, so that each accept is one that the database had to remember. An RSA-2048 signature measured
just before (0.29 ms on the machine when it is quiet) says how fast the machine is at that moment.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pyotp

import storage
from storage.network import WebToken
from tests import processes
from tests.bench.load import calibrate
from tests.people import PATTERN, answer
from tests.protocols.radius.nas import ACCEPT, NAS, REJECT, SECRET
from tests.server import ROOT, Server, free_port

USERS = 3000
SOCKETS = 4  # a NAS has 256 identifiers on each
TABLE = ["123456789012", "234567890123", "345678901234", "456789012345"]
TOKEN = base64.b32encode(b"12345678901234567890").decode()
PATIENCE_SECONDS = 3.0
WORKLOADS = ("code", "table", "wrong")
# Where each kind of answer comes from, and what its rule asks for: as VPNs are, each asks everybody for the same.
NASES = {"codes": ("127.0.0.1", "totp"), "tables": ("127.0.0.2", "matrix")}
EXPECTED = {"code": ACCEPT, "table": ACCEPT, "wrong": REJECT}


def serve(
    folder: Path, workers: int, environment: Mapping[str, str] = MappingProxyType({})
) -> tuple[Server, int]:
    """Our server, up, with users whose token is one and the same and whose pattern is."""
    server, port = Server(folder, workers=workers), free_port()
    server.environment |= environment
    server.imports_anew = True  # as an administrator starts it
    server.configuration.idp["doors"] = ["oidc", "radius"]
    server.configuration.idp["listen"]["radius"] = f"127.0.0.1:{port}"
    server.configuration.idp["log"]["level"] = "warning"
    server.tenant.authenticators["totp"] = {}  # as it is delivered
    server.tenant.policies = []
    for workload, (address, authenticator) in NASES.items():
        server.tenant.services[workload] = {
            "service": workload,
            "display_name": {"en": workload},
            "radius": {"networks": [f"{address}/32"], "secret": SECRET.decode()},
        }
        server.tenant.policies.append(
            {"name": workload, "when": {"services": [workload]}, "then": {"require": [authenticator]}}
        )
    for number in range(USERS):
        server.tenant.add_demo_user(f"code{number}", totp={"secret": TOKEN})
        server.tenant.add_demo_user(f"table{number}", matrix={"pattern": PATTERN})
    return server.start(), port


async def show(url: str) -> None:
    """A table for everyone, as if all had just opened the page."""
    now, store = int(time.time()), await storage.open(url)
    prompt = {"table": TABLE, "blocks": 3, "expires_at": now + 900}
    async with store.transaction("demo") as tx:
        for number in range(USERS):
            await tx.web_tokens.replace(WebToken(f"table{number}", "matrix", prompt, now, now + 900))
    await store.close()


def typed(workload: str, number: int, ahead: int) -> tuple[str, str]:
    """Who asks, and with what."""
    user = number % USERS
    if workload == "table":
        return f"table{user}", answer(PATTERN, [list(row) for row in TABLE])
    step = int(time.time()) // 30 + ahead + number // USERS
    code = pyotp.TOTP(TOKEN).generate_otp(step)
    return f"code{user}", code if workload == "code" else f"{(int(code) + 1) % 10**6:06}"


def drive(port: int, workload: str, requests: int, in_flight: int, ahead: int) -> dict[str, Any]:
    """The client: so many requests, so many of them on the way; counts answers, and what got none."""
    address, _ = NASES["tables" if workload == "table" else "codes"]
    several = [NAS(port, address) for _ in range(min(SOCKETS, in_flight))]
    packets: list[dict[int, tuple[bytes, float]]] = [{} for _ in several]
    codes: Counter[str] = Counter()
    seconds: list[float] = []
    numbers: Iterator[int] = iter(range(requests))

    def send(place: int) -> None:
        number = next(numbers, None)
        if number is None:
            return
        packet = several[place].pap(*typed(workload, number, ahead))
        packets[place][packet[1]] = (packet, time.perf_counter())
        several[place].send(packet)

    selector = selectors.DefaultSelector()
    for place, one in enumerate(several):
        one.socket.setblocking(False)
        selector.register(one.socket, selectors.EVENT_READ, place)
    began = time.perf_counter()
    for number in range(in_flight):
        send(number % len(several))
    while any(packets):
        ready = selector.select(PATIENCE_SECONDS)
        if not ready:
            codes["lost"] += sum(map(len, packets))
            break
        for key, _ in ready:
            raw = several[key.data].socket.recv(4096)
            packet, sent = packets[key.data].pop(raw[1])
            code = several[key.data].verified(raw, packet).code if len(seconds) % 25 == 0 else raw[0]
            codes["right" if code == EXPECTED[workload] else "wrong"] += 1
            seconds.append(time.perf_counter() - sent)
            send(key.data)
    took = time.perf_counter() - began
    ordered = sorted(seconds) or [0.0]
    return {
        **codes,
        "per_second": round(len(seconds) / took),
        "p50_ms": round(ordered[len(ordered) // 2] * 1000, 2),
        "p99_ms": round(ordered[len(ordered) * 99 // 100] * 1000, 2),
    }


def measure(
    server: Server, port: int, workload: str, given: argparse.Namespace, in_flight: int, ahead: int
) -> None:
    if workload == "table":
        asyncio.run(show(server.storage))
    command = [
        sys.executable, "-m", "tests.bench.radius", "--drive", str(port), "--workloads", workload,
        "--requests", str(given.requests), "--in-flight", str(in_flight), "--ahead", str(ahead),
    ]  # fmt: skip
    signature = calibrate()
    before = processes.cpu_seconds(server.pid)
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    cpu = processes.cpu_seconds(server.pid) - before
    run = json.loads(done.stdout)
    print(
        f"{workload:6} {in_flight:4} in flight {cpu * 1000 / given.requests:7.3f} CPU ms {run['per_second']:6}/s"
        f"  p50 {run['p50_ms']:7.2f} ms  p99 {run['p99_ms']:7.2f} ms"
        f"  right {run.get('right', 0)}, other {run.get('wrong', 0)}, lost {run.get('lost', 0)}"
        f"  load {os.getloadavg()[0]:.1f}, a signature {signature:.2f} ms",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=USERS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--in-flight", type=lambda text: [*map(int, text.split(","))], default=[1, 64, 256])
    parser.add_argument("--workloads", type=lambda text: text.split(","), default=list(WORKLOADS))
    parser.add_argument("--drive", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--ahead", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.drive:
        print(
            json.dumps(
                drive(given.drive, given.workloads[0], given.requests, given.in_flight[0], given.ahead)
            )
        )
        return
    with tempfile.TemporaryDirectory(prefix="masugata-bench-") as folder:
        server, port = serve(Path(folder), given.workers)
        try:
            ahead = -1  # a code is used once: each run takes the next, and the server learns the drift
            for _ in range(given.rounds):
                for in_flight in given.in_flight:
                    for workload in given.workloads:
                        measure(server, port, workload, given, in_flight, ahead)
                        ahead += workload == "code"
        finally:
            server.stop()


if __name__ == "__main__":
    main()
