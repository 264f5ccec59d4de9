"""A configuration read from the files of a revision, its mistakes told as if they lay in the node's own folder."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from idp.config.bundle import Bundle
from idp.config.configuration import Configuration
from idp.config.load import load
from idp.config.mistake import ConfigurationError, Findings, Mistake, Position


def load_stored(bundle: Bundle, place: Path, home: Path, *, blind: bool = False) -> Configuration:
    """Lay the files out in the empty folder `place`, which must stay as long as the configuration is used.

    `home` is the node's own folder, `blind` as of `load`. Raises `ConfigurationError`, OSError.
    """
    bundle.lay_out(place)
    try:
        return load(place, home=home, blind=blind)
    except ConfigurationError as error:
        findings = Findings(_at_home(error.mistakes, place, home), _at_home(error.warnings, place, home))
        raise ConfigurationError(findings) from None


def _at_home(mistakes: Iterable[Mistake], place: Path, home: Path) -> list[Mistake]:
    return [
        Mistake(_moved(each.at, place, home), each.words.replace(f"{place}/", f"{home}/"))
        for each in mistakes
    ]


def _moved(at: Position, place: Path, home: Path) -> Position:
    inside = at.file.is_relative_to(place)
    return Position(home / at.file.relative_to(place), at.line, at.column) if inside else at
