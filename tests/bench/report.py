"""Figures as tables that people read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

HEAD = "| workload | server | CPU ms | (range) | per second | p50 ms | p95 ms | p99 ms | failed |"
MEMORY = "| server | memory before, MB | after, MB | operations between |"

Run = Mapping[str, Any]


def markdown(runs: Sequence[Run]) -> str:
    """The median of all rounds; the range of the CPU figure shows how steady the machine was."""
    lines = [HEAD, "|---|---|" + "---:|" * 7]
    for workload in unique(runs, "workload"):
        for target in unique(runs, "target"):
            chosen = [run for run in runs if run["workload"] == workload and run["target"] == target]
            if chosen:
                lines.append(row(workload, target, chosen))
    lines += ["", MEMORY, "|---|---:|---:|---:|"]
    for target in unique(runs, "target"):
        chosen = [run for run in runs if run["target"] == target]
        before, after = (chosen[at][f"memory_{when}"] / 1e6 for at, when in ((0, "before"), (-1, "after")))
        lines.append(
            f"| {target} | {before:.0f} | {after:.0f} | {sum(run['operations'] for run in chosen):,} |"
        )
    speed = [run["signature_ms"] for run in runs]
    lines += [
        "",
        f"One RSA-2048 signature took {median(speed):.2f} CPU ms on this machine during the run "
        f"({min(speed):.2f}–{max(speed):.2f}).",
    ]
    return "\n".join(lines) + "\n"


def row(workload: str, target: str, runs: Sequence[Run]) -> str:
    cpu = [run["cpu_ms"] for run in runs]
    middle = [f"{median(run[name] for run in runs):.1f}" for name in ("p50_ms", "p95_ms", "p99_ms")]
    failed = sum(sum(run["failures"].values()) for run in runs)
    cells = (
        workload, target, f"{median(cpu):.3f}", f"{min(cpu):.3f}–{max(cpu):.3f}",
        f"{median(run['per_second'] for run in runs):.0f}", *middle, str(failed),
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def unique(runs: Sequence[Run], name: str) -> list[Any]:
    return list(dict.fromkeys(run[name] for run in runs))
