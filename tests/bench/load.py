"""The load client, a process of its own: virtual users in a closed loop against one target.

python -m tests.bench.load TARGET.json WORKLOAD --seconds 5 --users 8    prints one JSON object
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests import processes
from tests.bench.browser import Browser, Failed
from tests.bench.client import Party
from tests.bench.service_provider import ServiceProvider
from tests.bench.target import Target

SIGNATURES = 100  # of a calibration
STRIDE = 7919  # a prime that no number of people is divided by
SAMPLE = 25  # the signature of every 25th ID token or response is verified
WORKLOADS = (
    *("login", "sso", "refresh", "discovery", "client_credentials", "introspection", "par"),
    *("saml", "saml_sso"),
)
Operation = Callable[[int, int], Awaitable[None]]  # virtual user, its count


@dataclass
class Meter:
    """What happened between start and end."""

    seconds: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    verified: int = 0


class Workloads:
    """One operation each, against one target."""

    def __init__(self, target: Target, users: int) -> None:
        self.party, self.provider = Party(target), ServiceProvider(target)
        self.meter = Meter()
        self._target = target
        self._users = users
        self._browsers = [Browser() for _ in range(users)]
        self._tokens: list[dict[str, Any]] = []

    async def prepare(self, workload: str) -> Operation:
        """Discover, and sign every virtual user in where the workload begins with a session."""
        if workload.startswith("saml"):
            await self.provider.discover(self._browsers[0])
        else:
            await self.party.discover(self._browsers[0])
        if workload == "saml_sso":
            for number, browser in enumerate(self._browsers):
                await self.provider.login(browser, number, verify=True)
        if workload in ("sso", "refresh", "introspection"):
            for number, browser in enumerate(self._browsers):
                self._tokens.append(await self.party.login(browser, number, verify=True))
        operations: dict[str, Operation] = {
            "login": self._login,
            "sso": self._sso,
            "refresh": self._refresh,
            "discovery": self._discovery,
            "client_credentials": lambda user, _: self.party.in_own_name(self._browsers[user]),
            "introspection": lambda user, _: self.party.introspect(self._browsers[user], self._tokens[user]),
            "par": lambda user, _: self.party.push(self._browsers[user]),
            "saml": self._saml,
            "saml_sso": self._saml_sso,
        }
        return operations[workload]

    async def close(self) -> None:
        for browser in self._browsers:
            await browser.__aexit__()

    async def _login(self, user: int, count: int) -> None:
        """A new person: a new connection, no cookies, up to userinfo."""
        verify = self._sampled(count)
        async with Browser() as browser:
            await self.party.login(browser, self._somebody(user, count), verify=verify)

    async def _sso(self, user: int, count: int) -> None:
        """A login by the session that is there, up to the tokens."""
        verify = self._sampled(count)
        await self.party.login(self._browsers[user], user, asked=False, verify=verify)

    async def _refresh(self, user: int, _: int) -> None:
        self._tokens[user] = await self.party.refresh(self._browsers[user], self._tokens[user])

    async def _discovery(self, user: int, _: int) -> None:
        url = f"{self._target.issuer}/.well-known/openid-configuration"
        if (await self._browsers[user].send("GET", url)).status != 200:
            raise Failed("discovery")

    async def _saml(self, user: int, count: int) -> None:
        """A new person: a new connection, no cookies, up to the answer for the service."""
        verify = self._sampled(count)
        async with Browser() as browser:
            await self.provider.login(browser, self._somebody(user, count), verify=verify)

    async def _saml_sso(self, user: int, count: int) -> None:
        verify = self._sampled(count)
        await self.provider.login(self._browsers[user], user, asked=False, verify=verify)

    def _somebody(self, user: int, count: int) -> int:
        """Spread over all people, so that of many each comes seldom, and neighbours do not come one after the other."""
        return (user + count * self._users) * STRIDE

    def _sampled(self, count: int) -> bool:
        sampled = count % SAMPLE == 0
        self.meter.verified += sampled
        return sampled


async def drive(workloads: Workloads, operation: Operation, users: int, seconds: float) -> float:
    """Run the virtual users for `seconds`; returns how long it took until the last had finished."""
    began = time.perf_counter()
    until = began + seconds

    async def one(user: int) -> None:
        count = 0
        while (start := time.perf_counter()) < until:
            try:
                await operation(user, count)
                workloads.meter.seconds.append(time.perf_counter() - start)
            except (Failed, OSError, KeyError) as failure:
                workloads.meter.failures[repr(failure)[:200]] += 1
            count += 1

    await asyncio.gather(*(one(user) for user in range(users)))
    return time.perf_counter() - began


async def measure(target: Target, workload: str, users: int, seconds: float, warm: float) -> dict[str, Any]:
    """Warm up, then count: CPU of all the server's processes for each operation that succeeded."""
    signature = calibrate()
    workloads = Workloads(target, users)
    operation = await workloads.prepare(workload)
    await drive(workloads, operation, users, warm)
    workloads.meter = meter = Meter()
    before, cpu = memory(target), sum(map(processes.cpu_seconds, target.roots))
    took = await drive(workloads, operation, users, seconds)
    cpu = sum(map(processes.cpu_seconds, target.roots)) - cpu
    await workloads.close()
    done = len(meter.seconds)
    return {
        "target": target.name, "workload": workload, "users": users, "operations": done,
        "failures": dict(meter.failures), "verified": meter.verified,
        "cpu_ms": round(cpu * 1000 / max(1, done), 4), "per_second": round(done / took, 1),
        **{f"p{part}_ms": percentile(meter.seconds, part) for part in (50, 95, 99)},
        "memory_before": before, "memory_after": memory(target),
        "signature_ms": signature,
    }  # fmt: skip


def calibrate() -> float:
    """CPU milliseconds of one RSA-2048 signature just now: how fast the machine is at this moment."""
    key = rsa.generate_private_key(65537, 2048)
    began = time.process_time()
    for _ in range(SIGNATURES):
        key.sign(b"", padding.PKCS1v15(), hashes.SHA256())
    return round((time.process_time() - began) * 1000 / SIGNATURES, 4)


def memory(target: Target) -> int:
    return sum(map(processes.memory_bytes, target.roots))


def percentile(seconds: list[float], part: int) -> float:
    """In milliseconds; the nearest rank."""
    ordered = sorted(seconds) or [0.0]
    return round(ordered[min(len(ordered) - 1, len(ordered) * part // 100)] * 1000, 2)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("target", type=Path)
    parser.add_argument("workload", choices=WORKLOADS)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--warm", type=float, default=1)
    parser.add_argument("--users", type=int, default=8)
    given = parser.parse_args()
    target = Target.read(given.target)
    print(json.dumps(uvloop.run(measure(target, given.workload, given.users, given.seconds, given.warm))))


if __name__ == "__main__":
    main()
