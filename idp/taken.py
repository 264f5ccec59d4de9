"""What became of an answer to a question that changes a proof."""

from __future__ import annotations

from dataclasses import dataclass

from storage.records import Interaction


class Over(Exception):
    """The proof was changed or taken away meanwhile, or may not be changed so: nothing is kept."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The interaction that goes on, and the rule that was broken, if one was."""

    interaction: Interaction
    refused: str = ""
    kept: bool = False
