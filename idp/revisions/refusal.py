"""Why a revision cannot be used on a node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from idp.config.mistake import ConfigurationError
from idp.revisions.inquiry import ALTERED
from keys.seal import Unsealable


@dataclass(frozen=True, slots=True)
class Refusal:
    """A revision that cannot be used here."""

    number: int
    words: str
    again_at: float  # by the loop's clock


def mistakes_of(error: Exception) -> Sequence[str]:
    """What is wrong with the files, mistake by mistake; empty where it is something else."""
    if isinstance(error, Unsealable):
        return [ALTERED]
    return [str(each) for each in error.mistakes] if isinstance(error, ConfigurationError) else []
