"""What the system says went wrong, as commands say it."""

from __future__ import annotations

from collections.abc import Mapping

import click


def words(error: OSError) -> str:
    """Which file, if it was one, and what is wrong with it; no number."""
    said = error.strerror.lower() if error.strerror else str(error)
    return f"{error.filename}: {said}" if error.filename else said


def check_text(given: Mapping[str, object]) -> None:
    """Arguments by name are bytes: what was typed in another encoding can be neither kept nor looked for. Raises
    UsageError, which does not say it: it may be a secret.

    Paths may be any bytes.
    """
    for name, value in given.items():
        if not _is_text(value):
            raise click.UsageError(f"what is given as {name} is not in UTF-8")


def _is_text(value: object) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_text, value))
    return not isinstance(value, str) or not any("\ud800" <= letter <= "\udfff" for letter in value)
