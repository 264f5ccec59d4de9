"""A short name for what the folder holds, by which one sees whether a change is in force everywhere."""

from __future__ import annotations

import hashlib
from operator import attrgetter
from pathlib import Path

DIGITS = 12


def revision(folder: Path) -> str:
    """Twelve digits that change with the name or content of any YAML file in the folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.yaml"), key=attrgetter("parts")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder)}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:DIGITS]
