"""Where a command writes much about people: to a file that is its owner's only, or to whatever reads the output."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def destination(file: Path | None) -> Iterator[BinaryIO]:
    """The file, made anew with mode 0600 if it is not there; standard output without one."""
    if file is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:
        yield target
