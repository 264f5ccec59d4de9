"""A new password in place of one that must be changed: a question of the login, after all its proofs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from idp.authenticators import Refused
from idp.authenticators.password import Password
from idp.authenticators.password.password import Due
from idp.credentials.present import configured, present
from idp.flow.taken import Over, Taken
from idp.mail.queue import changed
from idp.visit import Visit
from keys.secret import Secret
from storage.records import Interaction, Proof, User

QUESTION: Final = "password.new"  # in the chain of a login; no authenticator can be called so
AGAIN: Final = "password.again"  # what is asked besides
FORMER, DIFFERS = "former", "differs"  # rules that the typed ones break


@dataclass(frozen=True, slots=True)
class Chosen:
    """What came from the page."""

    new: Secret
    again: Secret

    @classmethod
    def read(cls, answer: Secret, typed: Callable[[str], Secret] | Secret) -> Chosen:
        """From an answer, and from the form that it stood in if there was one."""
        return cls(answer, answer if isinstance(typed, Secret) else typed(AGAIN))


async def due(visit: Visit, user: User, proofs: tuple[Proof, ...]) -> Due:
    """Why a password that was just given must be changed before anything else; empty if it need not be."""
    password = visit.tenant.authenticators.get(Password.name)
    if not isinstance(password, Password) or all(proof.authenticator != password.name for proof in proofs):
        return ""
    held = None if password.is_elsewhere(user) else await password.present(visit.tx, user)
    return password.due(held, visit.now) if held else ""


def comes_first(visit: Visit) -> bool:
    """Whether such a password is refused where nobody can be asked for a new one."""
    return configured(visit, Password).settings.change_first


async def begin(visit: Visit, interaction: Interaction, user: User, why: Due) -> Interaction:
    """The interaction with this question before all others. Raises `Over` for somebody without a password."""
    held = await present(visit, user, configured(visit, Password))
    return dataclasses.replace(
        interaction, chain=(QUESTION, *interaction.chain), prompt={"why": why, "replaces": held.id}
    )


def shown(visit: Visit, interaction: Interaction, refused: str) -> Mapping[str, Any]:
    """What the page needs. `refused` is the rule that was broken, or empty."""
    return {"why": interaction.prompt["why"], "min": configured(visit, Password).shortest, "refused": refused}


async def take(visit: Visit, interaction: Interaction, user: User | None, form: Chosen) -> Taken:
    """Keep the password that was typed, if it obeys the rules. Raises `Over`, for nobody too."""
    if user is None:
        raise Over
    password = configured(visit, Password)
    held = await present(visit, user, password)
    if interaction.prompt["replaces"] != held.id:
        raise Over
    if form.new != form.again:
        return Taken(interaction, DIFFERS)
    if password.is_same(held, form.new):
        return Taken(interaction, FORMER)
    try:
        fresh = password.enrol(user, {"password": form.new}, visit.now)
    except Refused as refused:
        return Taken(interaction, refused.rule)
    await visit.tx.users.lock(
        user.id
    )  # an operator who gives him one now comes first, or takes this one away
    if not await visit.tx.credentials.delete_one(held.id):
        raise Over
    await visit.tx.credentials.add(fresh)
    why = interaction.prompt["why"]
    await visit.record("password.changed", user_id=user.id, service=interaction.service, why=why)
    await changed(visit.tx, visit.tenant, "password", user, visit.now, address=visit.caller.whence)
    return Taken(dataclasses.replace(interaction, chain=interaction.chain[1:], prompt={}), kept=True)
