"""Goes through scenarios under load, and through everything that was acknowledged afterwards."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import storage
from storage import StorageUnwritable
from tests.browser import Browser
from tests.faults.cluster.checks import Checks, Verdict
from tests.faults.cluster.cluster import Cluster
from tests.faults.cluster.meter import DOORS
from tests.faults.cluster.postgres import DATABASE
from tests.faults.cluster.scenarios import PEACEFUL, SCENARIOS, Outcome, clock_astray, suffer
from tests.postgres import ROLE
from tests.server import eventually

HEAD = f"{'':24}{'recovered':>10}{'silence':>9}{'answered':>10}  failures"


@dataclass
class Report:
    """What came of it all; `wrong` is what must never happen."""

    outcomes: list[Outcome] = field(default_factory=list)
    verdict: Verdict = field(default_factory=Verdict)
    wrong: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)  # of the node whose clock was put forward at last
    astray: str = ""  # what came of operations with that node among the others

    @property
    def is_well(self) -> bool:
        return not (self.verdict.lost or self.verdict.twice or self.wrong)


async def go_through(
    cluster: Cluster,
    names: Sequence[str],
    users: tuple[int, int, int],
    most: int,
    show: Callable[[str], None],
    astray_seconds: float = 0,
) -> Report:
    """These scenarios in this order; `most` of each kind of acknowledged values are tried again.

    At last the load goes on for `astray_seconds` with one node among the others whose clock is ahead, which is told.
    """
    report = Report(wrong=await _mistaken(cluster))
    show(HEAD)
    async with cluster.load.running(*users):
        await _warm(cluster)
        for number, name in enumerate(names):
            outcome = await suffer(cluster, name, SCENARIOS[name])
            report.outcomes.append(outcome)
            show(told(outcome))
            if name in PEACEFUL and outcome.failures:
                report.wrong.append(f"{name}: {dict(outcome.failures)}")
            if number < len(cluster.leavers):
                report.wrong += await _disable(cluster, number)
    report.wrong += cluster.load.meter.violations
    report.verdict = await Checks(cluster, most).made()
    report.notices = await clock_astray(cluster)
    if astray_seconds:
        report.astray = await _misled(cluster, users, astray_seconds)
    report.wrong += [
        line
        for node in cluster.nodes
        for line in node.log.splitlines()
        if '"defect"' in line or '"audit.undeclared"' in line
    ]
    return report


def told(outcome: Outcome) -> str:
    failures = ", ".join(f"{count} {kind}" for kind, count in sorted(outcome.failures.items())) or "none"
    return (
        f"{outcome.name:24}{outcome.recovery:8.2f} s{outcome.silence:7.2f} s{outcome.answered:10}  {failures}"
    )


async def _mistaken(cluster: Cluster) -> list[str]:
    """What is wrong where an address leads to the standby alone: a node there could read, and must not be ready."""
    opened = await storage.open(f"postgresql://{ROLE}@{cluster.standby.place}/{DATABASE}")
    try:
        await opened.check()
    except StorageUnwritable as error:
        return [] if "is a standby here" in str(error) else [str(error)]
    finally:
        await opened.close()
    return ["a standby was taken for a database that can be written"]


async def _warm(cluster: Cluster) -> None:
    """Until every door has let somebody in."""
    await eventually(lambda: cluster.load.meter.recovered(0) is not None)


async def _misled(cluster: Cluster, users: tuple[int, int, int], seconds: float) -> str:
    """People of whom some meet a node whose clock is wrong: how many get in, and what the others are told."""
    load = cluster.load.anew()
    async with load.running(*users):
        await asyncio.sleep(seconds)
    refused = Counter(each.partition(":")[0] for each in load.meter.violations)
    done = Counter(each.door for each in load.meter.done)
    return ", ".join(f"{door}: {done[door]} done, {refused[door]} refused" for door in DOORS)


async def _disable(cluster: Cluster, number: int) -> list[str]:
    """Somebody leaves: acknowledged once the command says so, and true at every node from that moment on."""
    person, load = cluster.leavers[number], cluster.load
    async with load.wanderer() as browser:
        party = load.party(browser)
        login = await load.signed_in(party, person)
        await asyncio.to_thread(cluster.nodes[0].cli, "user", "disable", person.name)
        load.ledger.disabled.append(person)
        held, refused = login.tokens[-1], []
        assert held.refresh_token is not None
        for node in filter(cluster.ready, cluster.nodes):
            async with Browser(address=node.address) as asked:
                party.http = asked
                pages = {
                    "userinfo": await party.userinfo(held.access_token),
                    "refresh": await party.token(
                        grant_type="refresh_token", refresh_token=held.refresh_token
                    ),
                }
                refused += [
                    f"{name} of a disabled user at {node.address}: {page.status}"
                    for name, page in pages.items()
                    if page.status not in (400, 401)
                ]
        return refused
