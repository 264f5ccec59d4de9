"""What the system says went wrong, as commands say it."""

from __future__ import annotations

from collections.abc import Iterable

import click


def words(error: OSError) -> str:
    """Which file, if it was one, and what is wrong with it; no number."""
    said = error.strerror.lower() if error.strerror else str(error)
    return f"{error.filename}: {said}" if error.filename else said


def check_text(given: Iterable[object]) -> None:
    """Arguments are bytes: what was typed in another encoding can be neither kept nor looked for. Raises UsageError.

    Paths may be any bytes.
    """
    for each in given:
        if isinstance(each, tuple):
            check_text(each)
        elif isinstance(each, str) and any("\ud800" <= letter <= "\udfff" for letter in each):
            raise click.UsageError(f"{each!r} is not in UTF-8")
