"""Measures our server, and peers beside it, in turns, so that the machine's noise falls on all alike.

python -m tests.bench.run [--seconds 5] [--rounds 5] [--workloads login,saml] [--password] [--peer NAME]

The main figure is CPU milliseconds (user and system, of all the server's processes) for each operation that
succeeded. Peers come from a bench folder named by --bench or SHARED_BENCH, and were installed into --state
or BENCH_STATE. Writes DIR/bench.json and DIR/bench.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.bench import report
from tests.bench.load import WORKLOADS
from tests.bench.servers import masugata, peer
from tests.bench.target import Target
from tests.server import ROOT


def measure(target: Path, workload: str, given: argparse.Namespace) -> dict[str, Any]:
    """One run of the load client in its own process."""
    command = [
        sys.executable, "-m", "tests.bench.load", target, workload,
        "--seconds", str(given.seconds), "--users", str(given.users),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def compare(targets: Sequence[Target], folder: Path, given: argparse.Namespace) -> list[dict[str, Any]]:
    """Every workload on every target, round after round."""
    runs = []
    for at, target in enumerate(targets):
        target.write(folder / f"target{at}.json")
    for number in range(given.rounds):
        for workload in given.workloads:
            for at, target in enumerate(targets):
                if workload not in ("login", "saml") and target.name == "masugata (password)":
                    continue  # differs from the matrix in nothing but the login
                if not target.offers(workload):
                    continue
                run = measure(folder / f"target{at}.json", workload, given)
                runs.append({**run, "round": number, "load": os.getloadavg()[0]})
                print(f"{number} {workload:9} {target.name:45} {run['cpu_ms']:8.3f} CPU ms "
                      f"{run['per_second']:7.0f}/s  {run['failures'] or ''}", file=sys.stderr)  # fmt: skip
    return runs


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--users", type=int, default=8, help="virtual users")
    parser.add_argument("--workers", type=int, default=1, help="our processes")
    parser.add_argument("--workloads", type=lambda text: text.split(","), default=list(WORKLOADS))
    parser.add_argument("--password", action="store_true", help="also the login by password")
    parser.add_argument("--peer", action="append", default=[], help="a target of the bench folder")
    parser.add_argument("--bench", type=Path, default=os.environ.get("SHARED_BENCH"))
    parser.add_argument("--state", type=Path, default=os.environ.get("BENCH_STATE"))
    parser.add_argument("--out", type=Path, default=ROOT / "tests" / "out", metavar="DIR")
    given = parser.parse_args()
    if given.peer and not (given.bench and given.state):
        parser.error("--peer needs --bench and --state")
    return given


def main() -> None:
    given = parse()
    with ExitStack() as up:
        folder = Path(up.enter_context(tempfile.TemporaryDirectory(prefix="masugata-bench-")))
        methods = ["matrix", "password"] if given.password else ["matrix"]
        targets = [up.enter_context(masugata(folder / method, method, given.workers)) for method in methods]
        targets += [up.enter_context(peer(given.bench, name, given.state)) for name in given.peer]
        runs = compare(targets, folder, given)
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / "bench.json").write_text(json.dumps(runs, indent=1))
    (given.out / "bench.md").write_text(report.markdown(runs))
    print(report.markdown(runs))


if __name__ == "__main__":
    main()
