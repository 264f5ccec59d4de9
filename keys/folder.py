"""Names in a folder that last."""

from __future__ import annotations

import os
from pathlib import Path


def to_disk(folder: Path) -> None:
    """What was named in it keeps its name through a power cut (fsync(2)). Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
