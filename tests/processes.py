"""What a tree of processes costs, read from /proc: CPU seconds and proportional memory."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Stat:
    """One process as /proc/PID/stat shows it (proc(5)); CPU in seconds, that of reaped children included."""

    pid: int
    parent: int
    cpu: float

    @classmethod
    def read(cls, pid: int) -> Stat | None:
        """None if the process has gone."""
        try:
            text = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return None
        fields = text.rpartition(")")[2].split()  # the name before it may hold spaces and brackets
        return cls(pid, int(fields[1]), sum(map(int, fields[11:15])) / TICKS)

    @staticmethod
    def started(pid: int) -> int:
        """When a live process was started, in ticks since boot: with its id it names the process for good."""
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


def tree(root: int) -> list[Stat]:
    """The process and its descendants that are alive now, parents first."""
    everyone = [stat for path in Path("/proc").glob("[0-9]*") if (stat := Stat.read(int(path.name)))]
    found = [stat for stat in everyone if stat.pid == root]
    for stat in found:  # grows while it is walked
        found.extend(child for child in everyone if child.parent == stat.pid)
    return found


def cpu_seconds(root: int) -> float:
    """User and system time that the tree has used so far."""
    return sum(stat.cpu for stat in tree(root))


def memory_bytes(root: int) -> int:
    """The tree's proportional set size: pages that processes share count once."""
    return _of_all(root, "Pss")


def own_bytes(root: int) -> int:
    """What of it the tree has made itself. Pages of programs and libraries are left out: they are shared out among all
    who map them, so that a process seems to grow when another one ends.
    """
    return _of_all(root, "Pss_Anon") + _of_all(root, "Pss_Shmem")


def _of_all(root: int, name: str) -> int:
    total = 0
    for stat in tree(root):
        try:
            rollup = Path(f"/proc/{stat.pid}/smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith(f"{name}:"))
    return total * 1024
