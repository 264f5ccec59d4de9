"""Which configuration counts: the newest revision of the database, or, where there is none, the node's own files."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from idp.config.bundle import Bundle, short
from idp.config.configuration import Configuration
from idp.config.drift import Difference, drift
from idp.config.load import load
from idp.config.revisions import Stored
from idp.config.stored import load_stored

FILES: Final = 0  # the number of a configuration that is no revision


@dataclass(frozen=True, slots=True)
class InForce:
    """A configuration, whole and checked, and where it comes from."""

    configuration: Configuration
    bundle: Bundle
    number: int = FILES  # of the revision
    drift: tuple[Difference, ...] = ()  # how the node's files differ from it

    @property
    def name(self) -> str:
        """By which one sees whether the same is in force everywhere."""
        return short(self.bundle.hash)

    def leave(self) -> None:
        """Nobody uses it any more: take its files away, which were laid out for it."""
        if self.number != FILES:
            shutil.rmtree(self.configuration.folder, ignore_errors=True)


def read_files(folder: Path) -> InForce:
    """The node's own files. Raises `ConfigurationError`, OSError."""
    configuration = load(folder)
    return InForce(configuration, Bundle.of(configuration))


def read_stored(stored: Stored, home: Path, *, blind: bool = False) -> InForce:
    """A revision, laid out in a folder of its own until `leave`. `home` is the node's own folder, `blind` as of `load`.

    Raises `ConfigurationError`, for a secret that cannot be read here too, and OSError.
    """
    place = Path(tempfile.mkdtemp(prefix="masugata-"))
    try:
        configuration = load_stored(stored.bundle, place, home, blind=blind)
        differences = () if blind else drift(home, stored.bundle, configuration)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    return InForce(configuration, stored.bundle, stored.revision.number, differences)
