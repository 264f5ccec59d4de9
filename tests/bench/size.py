"""What a login costs with few people and services, and with many, on either store.

python -m tests.bench.size [--people 1000,1000000] [--services 1,2000] [--store sqlite|postgres] [--rounds 3]

Every size has a server and a database of its own; they are measured in turns. Of PostgreSQL its own processes are
counted too. Everybody holds a pattern, all come alike often, and nobody came before. Prints a line of JSON a run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import uvloop

from idp.assembly import open_database
from idp.authenticators.table import open_authenticators
from idp.config.load import load
from idp.custody.vault import open_vault
from keys.secret import Secret
from keys.token import new_id
from storage.records import User
from tests.bench.load import measure
from tests.bench.servers import USERS, described, prepare
from tests.bench.target import Target
from tests.people import PATTERN
from tests.postgres import PostgresServer, running_postgres
from tests.server import Server

BATCH = 2000
WORKLOADS = ("login", "sso", "saml")


async def fill(config: Path, people: int) -> None:
    """So many people in the database of a folder, written as `idp user add` and `idp credential set` do."""
    configuration = load(config)
    tenant = configuration.tenants[0]
    now = int(time.time())
    async with open_database(configuration.storage_url) as store:
        vault = await open_vault(store, tenant.name, configuration.master_key(), now)
        matrix = open_authenticators({"matrix": tenant.authenticators["matrix"]}, vault)["matrix"]
        pattern = {"pattern": Secret(PATTERN)}
        numbers = list(range(USERS, people))
        random.Random(1).shuffle(numbers)  # nobody types his staff in by the alphabet
        for at in range(0, len(numbers), BATCH):
            async with store.transaction(tenant.name) as tx:
                for number in numbers[at : at + BATCH]:
                    user = User(new_id(), f"user{number}", now, email=f"user{number}@example.com")
                    await tx.users.add(user)
                    await tx.credentials.add(matrix.enrol(user, pattern, now))


@contextmanager
def served(folder: Path, people: int, services: int, postgres: PostgresServer | None) -> Iterator[Target]:
    """A server with so many people and services."""
    server = prepare(folder, "matrix", 1, postgres.create(folder.name.replace("-", "_")) if postgres else "")
    for number in range(services - 1):
        server.tenant.add_service(f"other{number}", f"https://other{number}.example.com/cb")
    server.start()
    restart_with(server, people)
    try:
        yield described(server, "matrix", people, [postgres.pid] if postgres else [])
    finally:
        server.stop()


def restart_with(server: Server, people: int) -> None:
    """Filled while nobody serves: the database is the command's alone."""
    server.stop()
    asyncio.run(fill(server.config, people))
    server.start()


def main() -> None:
    def numbers(text: str) -> list[int]:
        return [int(number) for number in text.split(",")]

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=numbers, default=[1000, 1_000_000])
    parser.add_argument("--services", type=numbers, default=[1])
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with ExitStack() as up:
        root = Path(up.enter_context(tempfile.TemporaryDirectory(prefix="masugata-size-")))
        postgres = up.enter_context(running_postgres()) if given.store == "postgres" else None
        targets = {}
        for people in given.people:
            for services in given.services:
                folder = root / f"p{people}-s{services}"
                targets[people, services] = up.enter_context(served(folder, people, services, postgres))
        for number in range(given.rounds):
            for workload in WORKLOADS:
                for (people, services), target in targets.items():
                    run = uvloop.run(measure(target, workload, 8, given.seconds, warm=1))
                    shown = {
                        key: run[key]
                        for key in ("cpu_ms", "per_second", "failures", "memory_after", "signature_ms")
                    }
                    size = {"store": given.store, "people": people, "services": services}
                    print(json.dumps({"round": number, "workload": workload, **size, **shown}), flush=True)


if __name__ == "__main__":
    main()
