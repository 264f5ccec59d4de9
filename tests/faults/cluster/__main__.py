"""Every fault of a cluster, one after the other, with what came of it.

python -m tests.faults.cluster [--nodes 3] [--rounds 1] [--only 'a node killed,primary lost'] [--users 3,1,2]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.faults.cluster.cluster import Cluster, running
from tests.faults.cluster.rounds import Report, go_through
from tests.faults.cluster.scenarios import SCENARIOS

ASTRAY_SECONDS = 15


async def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument(
        "--rounds", type=int, default=1, help="of all but the last, after which the primary is another"
    )
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(SCENARIOS))
    parser.add_argument("--users", type=lambda text: [*map(int, text.split(","))], default=[4, 2, 3])
    parser.add_argument(
        "--checked", type=int, default=200, help="so many of each kind are tried again afterwards"
    )
    given = parser.parse_args()
    *others, last = given.only
    with tempfile.TemporaryDirectory(prefix="masugata-cluster-") as folder:
        async with running(Path(folder), given.nodes, people=100, holders=160, leavers=4) as cluster:
            names = [*others * given.rounds, last]
            report = await go_through(cluster, names, tuple(given.users), given.checked, show, ASTRAY_SECONDS)
            show_all(cluster, report)
            return 0 if report.is_well else 1


def show(line: str) -> None:
    print(line, flush=True)


def show_all(cluster: Cluster, report: Report) -> None:
    ledger, verdict = cluster.load.ledger, report.verdict
    show("")
    for kind, count in verdict.tried.items():
        show(f"{count:6}  {kind}")
    show(f"answers lost on the way, of which a retry was refused: {ledger.lost_answers}")
    show(f"logins begun again because of a lost answer: {ledger.begun_again}")
    show(f"a node whose clock is ahead says: {'; '.join(report.notices)}")
    show(f"with it among the others: {report.astray}")
    for word, found in (("lost", verdict.lost), ("used twice", verdict.twice), ("must not be", report.wrong)):
        show(f"{word}: {len(found)}")
        for each in found[:20]:
            show(f"    {each}")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
