"""What the audit log costs: CPU milliseconds for each event, written, linked, verified, handed out and read in bulk.

python -m tests.bench.audit [--events 50000] [--url postgresql://… --pid N]

Of PostgreSQL, `--pid` is the server's first process: what it uses is counted too. Ten events are written in a
transaction, as a login at three services writes them. What an RSA-2048 signature costs is measured
beside, for machines differ.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

import storage
from idp.audit import record
from idp.chain import handing, statement
from idp.chain.linking import Linker
from idp.chain.reading import verify
from idp.chain.verifying import Verification
from idp.config.tenant import TenantSettings
from idp.custody.derivation import open_key
from idp.custody.vault import open_vault
from idp.login import Login
from idp.provider import IdentityProvider
from idp.tenant import Tenant
from keys.jws import SigningKey
from keys.master import MasterKey
from storage import Storage
from storage.records import User
from tests import processes
from tests.bench.load import calibrate

TENANT, ZONE, NOW = "bench", ZoneInfo("Asia/Tokyo"), 1_800_000_000
IN_A_TRANSACTION, PEOPLE, PAGE = 10, 100, 1000
ATTEMPT = {"user": "u", "groups": ["staff"], "address": "192.0.2.7", "service": "wiki", "at": NOW}


async def write(store: Storage, events: int) -> None:
    for number in range(0, events, IN_A_TRANSACTION):
        user_id = f"u{number // IN_A_TRANSACTION % PEOPLE}"
        async with store.transaction(TENANT) as tx:
            await tx.users.find(user_id)
            for _ in range(IN_A_TRANSACTION):
                await record(
                    tx, "login.accepted", NOW, user_id=user_id, service="wiki", address="192.0.2.7",
                    request_id="0123456789abcdef", door="oidc", rule="staff", amr=["pwd", "otp"],
                    proofs=["matrix"], agent="Firefox, Windows", attempt=ATTEMPT,
                )  # fmt: skip


async def hand_out(store: Storage) -> None:
    async with store.snapshot(TENANT) as tx:
        async for _ in handing.lines(tx, TENANT, ZONE, 0, NOW * 2):
            pass


async def read(store: Storage) -> None:
    after = ""
    async with store.snapshot(TENANT) as tx:
        while page := await tx.audit.attempts(NOW, NOW + 1, after, PAGE):
            after = page[-1].id


@asynccontextmanager
async def opened(url: str, master: MasterKey) -> AsyncIterator[tuple[Storage, Linker, SigningKey]]:
    """A tenant with people in an empty database, and who links its log."""
    store = await storage.open(url)
    try:
        await store.migrate()
        vault = await open_vault(store, TENANT, master, NOW)
        settings = TenantSettings(
            tenant=TENANT, base_url="https://bench.example.com", display_name={"en": "B"}
        )
        async with store.transaction(TENANT) as tx:
            for number in range(PEOPLE):
                await tx.users.add(User(f"u{number}", f"user{number}", NOW))
        tenant = Tenant(TENANT, settings, {}, (), {}, vault, ZONE, bytes(32))
        secret = await open_key(store, vault, statement.PURPOSE, NOW)
        provider = IdentityProvider({TENANT: tenant}, store, Login(), lambda: NOW)
        yield store, Linker(provider, tenant), statement.signing_key(secret)
    finally:
        await store.close()


async def measure(url: str, events: int, pid: int | None) -> None:
    signature = calibrate()
    print(f"one RSA-2048 signature: {signature:.2f} CPU ms")
    async with opened(url, MasterKey(b"m" * 32)) as (store, linker, key):

        async def told(what: str, work: Callable[[], Awaitable[object]]) -> None:
            roots = [os.getpid(), *([pid] if pid else [])]
            before = sum(map(processes.cpu_seconds, roots))
            await work()
            spent = (sum(map(processes.cpu_seconds, roots)) - before) / events * 1000
            print(
                f"{what:12} {spent:.4f} CPU ms an event, {spent / signature * 0.29:.4f} at 0.29 ms a signature"
            )

        await told("written", lambda: write(store, events))
        await told("linked", linker.link_all)
        await told(
            "verified", lambda: verify(store, TENANT, lambda: Verification(TENANT, {key.kid: key}.get))
        )
        await told("handed out", lambda: hand_out(store))
        await told("attempts", lambda: read(store))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--url", help="an empty database; a file of its own for the while without")
    parser.add_argument("--pid", type=int)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="masugata-bench-") as name:
        asyncio.run(measure(given.url or f"sqlite:{name}/bench.db", given.events, given.pid))


if __name__ == "__main__":
    main()
