"""A file for parsers that read one: in memory where there is such a place, and the same one each time."""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path


@cache
def _folder(_process: int) -> tempfile.TemporaryDirectory[str]:
    memory = Path("/dev/shm")
    return tempfile.TemporaryDirectory(
        prefix="masugata-fuzz-", dir=memory if os.access(memory, os.W_OK) else None
    )


def written(data: bytes, name: str = "input") -> Path:
    """The file with these bytes in it; of each process its own."""
    path = Path(_folder(os.getpid()).name) / name
    path.write_bytes(data)
    return path
