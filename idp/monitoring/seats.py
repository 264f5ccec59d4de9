"""Where the workers of one node lay down what they have counted, so that any of them can tell it for all.

Each sits at a numbered seat, which is his as long as he lives: the kernel lets the lock go with the process, however it
ends. Who takes the seat next goes on with its counts, so that no sum ever falls, and there are never more files than
there were processes at once.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Self

import orjson

from idp.monitoring.meter import Meter

MODE = 0o600


@dataclass(frozen=True, slots=True)
class Told:
    """What lies at one seat. `live` is only of somebody who sits there now: states, and how much of what he has."""

    number: int
    meter: Meter
    live: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Seat:
    """One worker's."""

    folder: Path
    number: int
    descriptor: int = field(repr=False)  # of the lock; closed by the process's end

    @classmethod
    def take(cls, folder: Path) -> Self:
        """The first one that is free. Raises OSError."""
        for number in count():
            descriptor = os.open(folder / f"{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                continue
            return cls(folder, number, descriptor)
        raise AssertionError("numbers do not end")

    def inherit(self, meter: Meter) -> None:
        """Go on with the counts of whoever sat here before."""
        told = _read(self.folder, self.number)
        if told is not None:
            meter.add(told.meter.counts.items(), told.meter.times.items())

    def lay_down(self, meter: Meter, live: Mapping[str, Any]) -> None:
        """Replace what lies here, in one step. Raises OSError."""
        told = {
            "counts": [[key, value] for key, value in meter.counts.items()],
            "times": [[key, row] for key, row in meter.times.items()],
            "live": live,
        }
        draft = self.folder / f"{self.number}.draft"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, MODE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(orjson.dumps(told))
        draft.replace(self.folder / f"{self.number}.json")
        # Else who tidies up temporary files takes the lock for forgotten after some days.
        os.utime(self.descriptor)

    def all(self) -> Iterator[Told]:
        """What lies at every seat, this one's too."""
        for lock in self.folder.glob("*.lock"):
            told = _read(self.folder, int(lock.stem))
            if told is not None:
                yield told if _is_taken(lock) else Told(told.number, told.meter, None)


def _read(folder: Path, number: int) -> Told | None:
    try:
        told = orjson.loads((folder / f"{number}.json").read_bytes())
    except FileNotFoundError:  # he has just sat down
        return None
    meter = Meter()
    meter.add(
        ((tuple(key), value) for key, value in told["counts"]),
        ((tuple(key), row) for key, row in told["times"]),
    )
    return Told(number, meter, told["live"])


def _is_taken(lock: Path) -> bool:
    descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
