"""What somebody must do before he goes on, once all his proofs are given: set a new pattern, choose a new password."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from idp.credentials import new_password, renewal
from idp.flow.taken import Taken
from idp.visit import Visit
from keys.secret import Secret
from storage.records import Interaction, Proof, User

QUESTIONS: Final = (renewal.QUESTION, new_password.QUESTION)


async def due(
    visit: Visit, interaction: Interaction, user: User, proofs: tuple[Proof, ...]
) -> Interaction | None:
    """The interaction with what is to be done first, given the proofs of this very login; None where nothing is."""
    if why := await renewal.due(visit, user, proofs):
        return await renewal.begin(visit, interaction, user, why)
    if expired := await new_password.due(visit, user, proofs):
        return await new_password.begin(visit, interaction, user, expired)
    return None


async def refused_for(visit: Visit, user: User, proofs: tuple[Proof, ...]) -> str:
    """Why such a proof is refused where nobody can be asked for another; empty where it is not."""
    why = await renewal.due(visit, user, proofs)
    if why and renewal.comes_first(visit):
        return f"{why} pattern"
    expired = await new_password.due(visit, user, proofs)
    return f"{expired} password" if expired and new_password.comes_first(visit) else ""


def is_in_login(interaction: Interaction) -> bool:
    """Whether the login goes on only after it; else its user wished it, and his session must still stand."""
    return bool(interaction.prompt["why"])


def shown(
    visit: Visit, interaction: Interaction, user: User | None, refused: str
) -> tuple[str, Mapping[str, Any]]:
    """The page, and what it needs. `refused` is the rule that was broken, or empty."""
    if interaction.chain[0] == new_password.QUESTION:
        return "new_password", new_password.shown(visit, interaction, refused)
    return renewal.shown(visit, interaction, user, refused)


async def take(
    visit: Visit,
    interaction: Interaction,
    user: User | None,
    answer: Secret,
    typed: Callable[[str], Secret] | Secret,
) -> Taken:
    """Take what was typed or chosen. Raises `idp.flow.taken.Over`, for nobody too."""
    if interaction.chain[0] == new_password.QUESTION:
        return await new_password.take(visit, interaction, user, new_password.Chosen.read(answer, typed))
    return await renewal.take(visit, interaction, user, renewal.Filled.read(answer, typed))
