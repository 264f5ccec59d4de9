"""What became of an answer: a question less, or one that changes a proof asked again."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from storage.records import Interaction, Proof


class Over(Exception):
    """The proof was changed or taken away meanwhile, or may not be changed so: nothing is kept."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The interaction that goes on, and the rule that was broken, if one was."""

    interaction: Interaction
    refused: str = ""
    kept: bool = False


def proved(interaction: Interaction, proof: Proof) -> Interaction:
    """One question less; a newer proof by the same authenticator takes the place of the older."""
    kept = tuple(held for held in interaction.proofs if held.authenticator != proof.authenticator)
    return dataclasses.replace(interaction, chain=interaction.chain[1:], proofs=(*kept, proof))
