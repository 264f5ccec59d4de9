"""What an operation takes, counted instead of measured: function calls and statements of SQL.

python -m tests.bench.calls [--operations 100] [--workloads login,sso,refresh,discovery] [--show 30]
python -m tests.bench.calls --workloads radius_code,radius_table,radius_wrong [--operations 1000]

No clock is asked, so the counts are the same on every machine, busy or not: they say whether a change made an operation
dearer where milliseconds cannot. One user after another; cProfile counts in the worker, calls of C from Python too.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import pstats
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

from tests import processes
from tests.administration import ROOT
from tests.bench import radius
from tests.bench.counted.sitecustomize import COUNTS
from tests.bench.load import Workloads
from tests.bench.servers import masugata
from tests.bench.target import Target
from tests.server import Server

COUNTED = Path(__file__).parent / "counted"
WARM = 30  # operations before it is counted: templates and statements are compiled once
SECONDS = 30
IN_FLIGHT = 64
RADIUS = "radius_"
C = "~"  # in place of a file, of what is written in C
STATEMENT = "<method 'execute' of 'sqlite3.Connection' objects>"

Stats = dict[tuple[str, int, str], tuple[Any, ...]]


async def drive(target: Target, workload: str, operations: int) -> None:
    """So many operations, with the worker counting meanwhile."""
    workloads = Workloads(target, users=1)
    operation = await workloads.prepare(workload)
    for number in range(WARM):
        await operation(0, number)
    turn(target.roots[0])
    for number in range(WARM, WARM + operations):
        await operation(0, number)
    turn(target.roots[0])
    await workloads.close()


def turn(supervisor: int) -> None:
    """Have the worker begin to count, or write down what it has counted."""
    worker = next(each.pid for each in processes.tree(supervisor) if each.parent == supervisor)
    os.kill(worker, signal.SIGUSR2)
    time.sleep(0.1)  # until it has seen the signal


def drive_radius(server: Server, port: int, workload: str, operations: int) -> None:
    """So many requests, 64 of them on the way."""
    if workload == "table":
        asyncio.run(radius.show(server.storage))
    radius.drive(port, "wrong", IN_FLIGHT, IN_FLIGHT, -1)
    turn(server.pid)
    radius.drive(port, workload, operations, IN_FLIGHT, -1)
    turn(server.pid)


def collected(file: Path) -> Stats:
    """What cProfile saw in the worker, once it has written it down."""
    until = time.monotonic() + SECONDS
    while not file.exists():
        if time.monotonic() > until:
            raise TimeoutError(f"the worker wrote no counts within {SECONDS} s")
        time.sleep(0.05)
    stats: Stats = pstats.Stats(str(file)).stats  # type: ignore[attr-defined]
    file.unlink()
    return stats


def told(stats: Stats, operations: int) -> str:
    calls = sum(each[1] for each in stats.values())
    python = sum(each[1] for (file, _, _), each in stats.items() if file != C)
    statements = sum(each[1] for (_, _, name), each in stats.items() if name == STATEMENT)
    of = f"{calls / operations:8.1f} calls, {python / operations:8.1f} of them in Python"
    return f"{of}, {statements / operations:6.2f} statements"


def most_called(stats: Stats, operations: int, shown: int) -> str:
    ordered = sorted(stats.items(), key=lambda item: -item[1][1])[:shown]
    return "\n".join(
        f"{each[1] / operations:10.2f}  {file.removeprefix(f'{ROOT}/')}:{line} {name}"
        for (file, line, name), each in ordered
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--operations", type=int, default=100)
    parser.add_argument(
        "--workloads", type=lambda text: text.split(","), default=["login", "sso", "refresh", "discovery"]
    )
    parser.add_argument("--show", type=int, default=0, help="so many of the functions that are called most")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="masugata-bench-") as name:
        folder = Path(name)
        file = folder / "counts"
        counting = {"PYTHONPATH": f"{ROOT}{os.pathsep}{COUNTED}", COUNTS: str(file)}
        of_nases = [each for each in given.workloads if each.startswith(RADIUS)]
        of_browsers = [each for each in given.workloads if each not in of_nases]

        def tell(workload: str) -> None:
            stats = collected(file)
            print(f"{workload:20} {told(stats, given.operations)}", flush=True)
            print(most_called(stats, given.operations, given.show), end="\n" if given.show else "")

        if of_browsers:
            with masugata(folder / "server", "matrix", 1, counting) as target:
                for workload in of_browsers:
                    asyncio.run(drive(target, workload, given.operations))
                    tell(workload)
        if of_nases:
            server, port = radius.serve(folder / "nases", 1, counting)
            try:
                for workload in of_nases:
                    drive_radius(server, port, workload.removeprefix(RADIUS), given.operations)
                    tell(workload)
            finally:
                server.stop()


if __name__ == "__main__":
    main()
