"""Files that are not whole yet, and what a process left of them that was killed or lost its power."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

ABANDONED_SECONDS: Final = 86400  # without a byte written; it may be another machine's


def draft_of(path: Path) -> Path:
    """Where this process writes what becomes `path`."""
    return path.with_name(f".{path.name}.draft-{os.getpid()}")


def clear(own: Path, prefix: str) -> None:
    """Delete abandoned drafts of files that begin with `prefix`, by the clock that stamped our own. Raises OSError."""
    made_at = own.stat().st_mtime
    for draft in own.parent.glob(f".{prefix}*.draft-*"):
        with suppress(FileNotFoundError):  # one that another process has just finished
            if draft.stat().st_mtime < made_at - ABANDONED_SECONDS:
                draft.unlink()
