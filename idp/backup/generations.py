"""The backups of a folder, by their names: how many are kept."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

PREFIX: Final = "masugata-"
NAME: Final = re.compile(rf"{PREFIX}\d{{8}}T\d{{6}}Z\.backup")


def moment(now: int) -> str:
    """As names and heads say it; `now` in epoch seconds."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))


def name(at: str) -> str:
    """Of the backup of that moment."""
    return f"{PREFIX}{at}.backup"


def prune(newest: Path, keep: int) -> Sequence[Path]:
    """Delete all but `keep` files of the folder of `newest`, which stays, whatever the clock said that named it.

    Returns what went. Raises OSError.
    """
    others = sorted(
        (
            path
            for path in newest.parent.iterdir()
            if NAME.fullmatch(path.name) and path != newest and path.is_file() and not path.is_symlink()
        ),
        reverse=True,
    )
    for path in others[keep - 1 :]:
        path.unlink()
    return others[keep - 1 :]
