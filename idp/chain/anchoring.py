"""Statements of the log on other storage: a file that is only ever appended to, so that a cut is found."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from storage.chain import Checkpoint

ANCHOR_SECONDS: Final = 60
TAIL_BYTES: Final = 64 * 1024  # of the file, in which it is looked for what stands there already


class Anchor:
    """One tenant's part of the file, which other tenants and processes append to as well."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._kept_at = 0  # epoch seconds
        self._last = 0  # the last record that the file knows
        self.has_begun = False  # whether the end of the log was looked for, as it stood before we signed any

    async def begin(self, end: Checkpoint | None, now: int) -> None:
        """Append the end of the log at once, unless it stands there. Raises OSError."""
        if end is not None and await asyncio.to_thread(_holds, self._file, end.statement):
            self._last = end.last_seq
        elif end is not None:
            await self.keep(end, now)
        self.has_begun = True

    async def keep(self, newest: Checkpoint, now: int) -> None:
        """Append it, once a minute at most. Raises OSError."""
        if newest.last_seq != self._last and now - self._kept_at >= ANCHOR_SECONDS:
            await asyncio.to_thread(_append, self._file, newest.statement)
            self._last, self._kept_at = newest.last_seq, now


def _holds(file: Path, line: str) -> bool:
    """As far as we may read it: a line that stands there twice does no harm."""
    with suppress(FileNotFoundError, PermissionError), file.open("rb") as opened:
        opened.seek(max(0, opened.seek(0, os.SEEK_END) - TAIL_BYTES))
        return line.encode() in opened.read().split()
    return False


def _append(file: Path, line: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        os.write(descriptor, line.encode() + b"\n")  # in one piece: other processes append too
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
