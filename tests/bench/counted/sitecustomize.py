"""Loaded by a server whose calls are counted, and by nobody else: `tests.bench.calls` puts this folder on its path."""

from __future__ import annotations

import cProfile
import os
import signal
from pathlib import Path

COUNTS = "MASUGATA_COUNTS"  # names the file; not there, there is nothing to count
counting: list[cProfile.Profile] = []


def turn(*_: object) -> None:
    """At the first signal begin to count; at the next write down what was counted, and begin anew at the one after."""
    if not counting:
        counting.append(cProfile.Profile())
        counting[0].enable()
        return
    profile, file = counting.pop(), Path(os.environ[COUNTS])
    profile.disable()
    profile.dump_stats(file.with_suffix(".draft"))
    file.with_suffix(".draft").rename(file)


if COUNTS in os.environ:
    signal.signal(signal.SIGUSR2, turn)
