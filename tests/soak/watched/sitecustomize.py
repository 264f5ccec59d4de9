"""Loaded by a server that is watched, and by nobody else: `tests.soak` puts this folder on its path."""

from __future__ import annotations

import asyncio.tasks
import gc
import json
import os
import signal
import threading
from collections import Counter
from pathlib import Path

from tests import clock

WATCHED = "MASUGATA_WATCHED"  # names the folder that is told; not there, nothing is watched
SHOWN = 40


def tell(*_: object) -> None:
    """At a signal write down what is in this process: tasks, threads, objects by type."""
    gc.collect()  # what is garbage has not grown
    kinds = Counter(type(each).__qualname__ for each in gc.get_objects())
    said = {
        "tasks": sum(not each.done() for each in list(asyncio.tasks._all_tasks)),  # type: ignore[attr-defined]
        "threads": threading.active_count(),
        "objects": kinds.total(),
        "kinds": dict(kinds.most_common(SHOWN)),
    }
    file = Path(os.environ[WATCHED], f"{os.getpid()}.json")
    file.with_suffix(".draft").write_text(json.dumps(said))
    file.with_suffix(".draft").rename(file)


if WATCHED in os.environ:
    clock.follow()
    signal.signal(signal.SIGUSR2, tell)
