"""A new pattern in place of the one that a user has: where it must be, as a question of the login; else begun by him.

What is typed and chosen until it is kept lies in the interaction, sealed for it and its user: each step takes it out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from idp.authenticators import Refused
from idp.authenticators.matrix import Matrix, draft
from idp.authenticators.matrix.content import Content
from idp.authenticators.matrix.draft import Draft, Form, Way
from idp.authenticators.matrix.grid import grid
from idp.authenticators.matrix.present import Due, Present
from idp.credentials import drafting, recovery
from idp.credentials.present import configured, present
from idp.flow import exposure
from idp.flow.taken import Over, Taken
from idp.mail.queue import changed
from idp.visit import Visit
from keys.secret import Secret
from storage.records import Interaction, Proof, User

QUESTION: Final = "matrix.new"  # in the chain of a login; no authenticator can be called so
# What is asked besides.
PHRASE, AGAIN, WAY, CHOICE = "pattern.phrase", "pattern.again", "pattern.way", "pattern.choice"
FORMER: Final = "former"  # the rule that a pattern breaks which its user had before


@dataclass(frozen=True, slots=True)
class Filled(Form):
    """A form, and whether it asks to begin anew, in which way."""

    way: str = ""

    @classmethod
    def read(cls, answer: Secret, typed: Callable[[str], Secret] | Secret) -> Filled:
        """From an answer, and from the form that it stood in if there was one."""
        if isinstance(typed, Secret):
            return cls(answer)
        return cls(answer, typed(CHOICE), typed(AGAIN), typed(PHRASE), typed(WAY).reveal())


async def due(visit: Visit, user: User, proofs: tuple[Proof, ...]) -> Due:
    """Why a pattern that was just given must be changed before anything else; empty if it need not be."""
    matrix = visit.tenant.authenticators.get(Matrix.name)
    if not isinstance(matrix, Matrix) or all(proof.authenticator != matrix.name for proof in proofs):
        return ""
    held = visit.patterns.get(user.id) or await matrix.present(visit.tx, user)
    why = held.due(visit.now) if held else ""
    return "exposed" if held and not why and await exposure.must_renew(visit, user) else why


def comes_first(visit: Visit) -> bool:
    """Whether such a pattern is refused where nobody can be asked for a new one."""
    return configured(visit, Matrix).settings.change_first


async def begin(
    visit: Visit, interaction: Interaction, user: User, why: Due = "", way: Way = "type", link: str = ""
) -> Interaction:
    """The interaction with this question before all others; `link` is what lets him who forgot his pattern do so.

    Raises `Over` for somebody without a pattern.
    """
    matrix = configured(visit, Matrix)
    held = await present(visit, user, matrix)
    if way not in ways(matrix, held.due(visit.now)):
        raise Over
    fresh = draft.begin(held.settings, way, tuple(held.content.cells))
    credential = held.credential
    about: dict[str, Any] = {"why": why, "replaces": credential.id, "changed_at": credential.changed_at}
    if link:
        about["link"] = link
    asking = dataclasses.replace(
        interaction,
        chain=(QUESTION, *interaction.chain),
        expires_at=visit.now + visit.tenant.settings.login_seconds,  # it takes as long as a login
        prompt=about,
    )
    return drafting.keep(visit, asking, fresh)


def ways(matrix: Matrix, why: Due = "") -> tuple[Way, ...]:
    """How a pattern may be set; where it must be changed, a new phrase is not enough."""
    select: tuple[Way, ...] = ("select",) if matrix.settings.select else ()
    phrase: tuple[Way, ...] = ("phrase",) if matrix.settings.phrase.use != "never" and not why else ()
    return "type", *select, *phrase


def shown(
    visit: Visit, interaction: Interaction, user: User | None, refused: str
) -> tuple[str, Mapping[str, Any]]:
    """The page, and what it needs. `refused` is the rule that was broken, or empty."""
    matrix, now = configured(visit, Matrix), drafting.find(visit, interaction)
    settings = matrix.settings_of(user)
    told = {
        "stage": now.stage,
        "number": draft.number(now, settings),
        "steps": draft.steps(now.way, settings),
        "why": interaction.prompt["why"],
        "way": now.way,
        "ways": ways(matrix, interaction.prompt["why"]),
        "table": now.table,
        "blocks": settings.table.blocks,
        "grid": grid(settings.table, now.cells) if now.stage == "select" else (),
        "chosen": [str(cell) for cell in now.cells] if now.stage == "select" else (),
        "pattern": settings.pattern,
        "phrase": settings.phrase,
        "refused": refused,
    }
    return {"select": "cells", "phrase": "phrase"}.get(now.stage, "pattern"), told


async def take(visit: Visit, interaction: Interaction, user: User | None, form: Filled) -> Taken:
    """Take what was typed or chosen; keep the pattern once it is confirmed. Raises `Over`, for nobody too."""
    if user is None:
        raise Over
    matrix = configured(visit, Matrix)
    held = await present(visit, user, matrix)
    prompt, before = interaction.prompt, drafting.find(visit, interaction)
    if (prompt["replaces"], prompt["changed_at"]) != (held.credential.id, held.credential.changed_at):
        raise Over
    if form.way:
        return Taken(drafting.keep(visit, interaction, _anew(matrix, held, before, form.way)))
    try:
        after = draft.take(before, form, held.settings)
        if after is not None and after.is_known and not before.is_known:
            await _refuse_former(visit, matrix, held, after)
    except Refused as refused:
        again = draft.after_refusal(before, held.settings)
        return Taken(drafting.keep(visit, interaction, again), refused.rule)
    if after is not None:
        return Taken(drafting.keep(visit, interaction, after))
    confirmed = Content(before.cells, before.phrase)
    if "link" in prompt and not await recovery.spend(visit, user, prompt["link"], interaction.created_at):
        raise Over
    if not await matrix.change(visit.tx, held, confirmed, visit.now):
        raise Over
    await _tell(visit, interaction, user, before.way)
    return Taken(dataclasses.replace(interaction, chain=interaction.chain[1:], prompt={}), kept=True)


def _anew(matrix: Matrix, held: Present, before: Draft, way: str) -> Draft:
    """From the first page, in another way too; but whoever began to change a phrase changes nothing else."""
    same = [each for each in ways(matrix) if (each == "phrase") == (before.way == "phrase")]
    chosen = next((each for each in same if each == way), None)
    if chosen is None:
        raise Over
    return draft.begin(held.settings, chosen, before.cells)


async def _refuse_former(visit: Visit, matrix: Matrix, held: Present, chosen: Draft) -> None:
    if await matrix.is_former(visit.tx, held, chosen.cells, visit.now):
        raise Refused(FORMER, "the user had this pattern before")


async def _tell(visit: Visit, interaction: Interaction, user: User, way: Way) -> None:
    """Write down, and mail to the user, what was changed."""
    event = "phrase.changed" if way == "phrase" else "pattern.changed"
    why = interaction.prompt["why"] or "wish"
    await visit.record(event, user_id=user.id, service=interaction.service, way=way, why=why)
    address = str(visit.caller.address)
    await changed(visit.tx, visit.tenant, event.partition(".")[0], user, visit.now, address=address)
