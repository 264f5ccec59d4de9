"""The files of a theme: what lies in its folder, and nothing that a link brings in from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


class LinkedOut(OSError):
    """A link in a theme that leads out of it: what lies there may be anything, and pages are for everybody."""

    def __init__(self, name: Path) -> None:
        super().__init__(f"{name} is a link out of the theme, copy what it leads to")


def theme_files(folder: Path) -> Iterator[Path]:
    """All files below the folder of a theme, but for those that begin with a dot, or lie where something does.

    Links are followed as long as they stay inside, as those of a mounted ConfigMap do. Raises `LinkedOut`.
    """
    root = folder.resolve()
    return _below(folder, folder, root, frozenset((root,)))


def _below(folder: Path, theme: Path, root: Path, above: frozenset[Path]) -> Iterator[Path]:
    for path in visible(folder, "*"):
        target = path.resolve()
        if not target.is_relative_to(root):
            raise LinkedOut(path.relative_to(theme))
        if path.is_file():
            yield path
        elif path.is_dir() and target not in above:  # else it leads back to where we come from
            yield from _below(path, theme, root, above | {target})


def visible(folder: Path, pattern: str) -> Iterator[Path]:
    """What matches in the folder, without what begins with a dot: an editor's, or version control's."""
    for path in folder.glob(pattern):
        if not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path
