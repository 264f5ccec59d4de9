"""Measures how long a changed policy takes to be rehearsed on a month of logins, by the command itself.

python -m tests.bench.rehearsal [--attempts 1000000] [--people 5000] [--rules 200] [--keep DIR]

Writes the logins of a month over three doors into an embedded database first, which takes longer than what is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from click.testing import CliRunner

import storage
from idp import audit
from idp.cli import main as idp
from tests.configuration import Configuration, TenantFolder, dump

DAYS = 30
SERVICES = 20
GROUPS = [f"department-{number}" for number in range(40)]
BATCH = 2000


def policies(count: int) -> list[dict[str, Any]]:
    """Rules of all kinds; the last lets everybody in who is in some group of the first ten."""
    rules = []
    for number in range(count - 2):
        when: dict[str, Any] = {
            "services": [f"service-{number % SERVICES}"],
            "groups": [GROUPS[number % len(GROUPS)]],
        }
        if number % 3 == 1:
            when["networks"] = [f"10.{number}.0.0/16"]
        if number % 3 == 2:
            when["hours"] = "Mon-Fri 07:00-22:00"
        rules.append({"name": f"rule {number}", "when": when, "then": {"require": ["matrix"]}})
    rules.append({"name": "many", "when": {"groups": GROUPS[:20]}, "then": {"require": ["matrix"]}})
    return [*rules, {"name": "all others", "then": "deny"}]


def folder(root: Path, rules: list[dict[str, Any]]) -> TenantFolder:
    """A configuration with one tenant."""
    tenant = TenantFolder("demo", "http://localhost:8080", policies=rules)
    for number in range(SERVICES):
        tenant.add_service(f"service-{number}", "http://localhost:9/callback")
    Configuration(
        {"storage": f"sqlite:{root / 'bench.db'}", "master_key": {"file": str(root / "key")}}, [tenant]
    ).write(root / "conf")
    return tenant


def attempts(count: int, people: int, until: int) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """The time, who it is, and the facts; oldest first."""
    chance = random.Random(1)
    used = [chance.sample(range(SERVICES), 5) for _ in range(people)]
    groups = [chance.sample(GROUPS, 2) for _ in range(people)]
    homes = [
        f"10.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(256)}" for _ in range(people)
    ]
    for number in range(count):
        at = until - DAYS * 86400 + number * DAYS * 86400 // count
        person = chance.randrange(people)
        service = chance.choice(used[person])
        facts = {
            "door": ("oidc", "saml", "radius")[service % 3],
            "service": f"service-{service}",
            "ip": homes[person] if chance.random() < 0.8 else f"192.0.2.{chance.randrange(256)}",
            "at": at,
            "groups": sorted(groups[person]),
            "proofs": [["matrix", chance.randrange(10), "knowledge"]],
        }
        yield at, f"u{person}", facts


async def write(url: str, count: int, people: int, until: int) -> None:
    """A month of logins in the database."""
    opened = await storage.open(url)
    try:
        await opened.migrate()
        made = attempts(count, people, until)
        done = False
        while not done:
            async with opened.transaction("demo") as tx:
                for _ in range(BATCH):
                    if (one := next(made, None)) is None:
                        done = True
                        break
                    at, user_id, facts = one
                    event = "login.accepted" if facts["groups"][0] in GROUPS[:20] else "login.denied"
                    about: dict[str, Any] = {
                        "door": facts["door"],
                        "rule": "many",
                        "why": "groups",
                        "attempt": facts,
                    }
                    await audit.record(
                        tx, event, at, user_id=user_id, service=facts["service"], address=facts["ip"], **about
                    )
    finally:
        await opened.close()


def run(conf: Path, *words: str) -> tuple[float, str]:
    """Seconds that a command took, and what it said."""
    begun = time.monotonic()
    done = CliRunner().invoke(idp, [*words, "--config", str(conf)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return time.monotonic() - begun, done.output


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--attempts", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, default=5000)
    parser.add_argument("--rules", type=int, default=200)
    parser.add_argument("--keep", type=Path, help="where the database is made, or found")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="masugata-bench-") as made:
        root = given.keep or Path(made)
        rules = policies(given.rules)
        tenant = folder(root, rules)
        if not (root / "bench.db").exists():
            asyncio.run(write(f"sqlite:{root / 'bench.db'}", given.attempts, given.people, int(time.time())))
        run(root / "conf", "config", "apply", "--why", "bench", "--allow-removals")
        rules[-2]["when"]["groups"] = GROUPS[:19]
        rules[0]["then"] = {"require": ["matrix", "totp"]}
        dump(root / "conf" / "tenants" / tenant.name / "policies.yaml", rules)
        seconds, said = run(root / "conf", "policy", "rehearse", "--since", f"{DAYS + 1}d")
        print(said)
        print(f"{given.attempts} attempts, {given.rules} rules: {seconds:.1f} s")


if __name__ == "__main__":
    main()
