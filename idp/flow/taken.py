"""What became of an answer: a question less, or one that changes a proof asked again."""

from __future__ import annotations

from dataclasses import dataclass

from storage.quick import replace
from storage.records import Interaction, Proof


class Over(Exception):
    """The proof was changed or taken away meanwhile, or may not be changed so: nothing is kept."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The interaction that goes on, and the rule that was broken, if one was."""

    interaction: Interaction
    refused: str = ""
    kept: bool = False


def proved(interaction: Interaction, proof: Proof, release_id: str | None = None) -> Interaction:
    """One question less; a newer proof by the same authenticator takes the place of the older.

    `release_id` is the release that let the proof in; None leaves what the login has.
    """
    kept = tuple(held for held in interaction.proofs if held.authenticator != proof.authenticator)
    release = interaction.release_id if release_id is None else release_id
    proofs = (*kept, proof)
    return replace(interaction, chain=interaction.chain[1:], proofs=proofs, release_id=release)
