"""Figures as tables that people read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

RATIO = "| workload | CPU of | to that of | median of the rounds | (range) |"
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
    lines += ["", RATIO, "|---|---|---|---:|---:|", *ratios(runs)] if len(unique(runs, "target")) > 1 else []
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


def ratios(runs: Sequence[Run]) -> Iterator[str]:
    """The first server beside each other one, round by round: both met the same noise."""
    first, *others = unique(runs, "target")
    for workload in unique(runs, "workload"):
        for other in others:
            cpu = [
                {
                    run["round"]: run["cpu_ms"]
                    for run in runs
                    if (run["workload"], run["target"]) == (workload, of)
                }
                for of in (first, other)
            ]
            if pairs := [cpu[0][number] / cpu[1][number] for number in cpu[0].keys() & cpu[1].keys()]:
                spread = f"{min(pairs):.2f}–{max(pairs):.2f}"
                yield f"| {workload} | {first} | {other} | {median(pairs):.2f} | {spread} |"


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
