"""What is wrong with the configuration, and where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where something begins; lines and columns count from 1."""

    file: Path
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One thing to put right: what is wrong, and what would be right."""

    at: Position
    words: str

    def __str__(self) -> str:
        return f"{self.at}: {self.words}"


@dataclass(slots=True)
class Findings:
    """What one reading of the folder has found so far."""

    errors: list[Mistake] = field(default_factory=list)
    warnings: list[Mistake] = field(default_factory=list)
    files: set[Path] = field(default_factory=set)  # that were read, but for secrets

    def error(self, at: Position, words: str) -> None:
        self.errors.append(Mistake(at, words))

    def warn(self, at: Position, words: str) -> None:
        self.warnings.append(Mistake(at, words))


class ConfigurationError(Exception):
    """The configuration cannot be used. Lists every mistake, and what was only dubious."""

    def __init__(self, findings: Findings) -> None:
        self.mistakes = tuple(dict.fromkeys(sorted(findings.errors)))
        self.warnings = tuple(dict.fromkeys(sorted(findings.warnings)))
        super().__init__("\n".join(map(str, self.mistakes)))


def suggest(given: str, known: Iterable[str]) -> str:
    """Words that name the nearest of the known, or all of them."""
    names = sorted(known)
    near = get_close_matches(given, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?"
    return f"known are {', '.join(names)}" if names else "none is known"
