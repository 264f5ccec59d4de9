"""What is read of a server once a minute: its processes, its database, and how those fared who came."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

from tests import processes
from tests.server import Server

PATIENCE_SECONDS = 30.0


def of_processes(server: Server, folder: Path) -> dict[str, float]:
    """Their own memory in megabytes, descriptors, threads, tasks and objects of the supervisor and its workers."""
    pids = server.pids
    return {
        "memory_mb": server.own_bytes / 1e6,
        "descriptors": sum(entries(f"/proc/{pid}/fd") for pid in pids),
        "threads": sum(entries(f"/proc/{pid}/task") for pid in pids),
        **{name: sum(each[name] for each in _told(pids[1:], folder)) for name in ("tasks", "objects")},
    }


def entries(folder: str) -> int:
    return sum(1 for _ in Path(folder).iterdir())


def kinds(server: Server, folder: Path) -> Mapping[str, int]:
    """Objects by type, of the first worker."""
    found: dict[str, int] = _told(server.pids[1:2], folder)[0]["kinds"]
    return found


def _told(pids: list[int], folder: Path) -> list[dict[str, Any]]:
    """What each worker says of itself."""
    files = [folder / f"{pid}.json" for pid in pids]
    for pid, file in zip(pids, files, strict=True):
        file.unlink(missing_ok=True)
        os.kill(pid, signal.SIGUSR2)
    until = time.monotonic() + PATIENCE_SECONDS
    while not all(file.exists() for file in files):
        if time.monotonic() > until:
            raise TimeoutError("a worker did not say how it is")
        time.sleep(0.05)
    return [json.loads(file.read_text()) for file in files]


def of_database(file: Path) -> dict[str, float]:
    """Rows of each table as `rows NAME`; the file and its log in megabytes."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as opened:
        names = [row[0] for row in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {
            f"rows {name}": opened.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names
        }
    log = file.with_name(f"{file.name}-wal")
    return {
        **rows,
        "file_mb": file.stat().st_size / 1e6,
        "log_mb": log.stat().st_size / 1e6 if log.exists() else 0.0,
    }


def of_operations(seconds: Mapping[str, list[float]], cpu: float) -> dict[str, float]:
    """How many, their times in milliseconds, and the server's CPU milliseconds for each."""
    everything = sorted(each for some in seconds.values() for each in some)
    count = len(everything)
    return {
        "operations": count,
        "cpu_ms": cpu * 1000 / max(1, count),
        "p50_ms": median(everything or [0.0]) * 1000,
        "p99_ms": (everything or [0.0])[count * 99 // 100 - 1] * 1000,
    }


def cpu_seconds(server: Server) -> float:
    return processes.cpu_seconds(server.pid)
