"""Where a pattern that is being set lies between two pages: in the interaction, sealed."""

from __future__ import annotations

import base64
import dataclasses
from typing import Final

from idp.authenticators.matrix.draft import Draft
from idp.visit import Visit
from storage.records import Interaction

PURPOSE: Final = "draft"


def keep(visit: Visit, interaction: Interaction, draft: Draft) -> Interaction:
    """The interaction with the draft, beside what its prompt says of it; not yet stored."""
    sealed = visit.tenant.vault.seal(draft.dump(), *_place(interaction))
    prompt = {**interaction.prompt, "sealed": base64.b64encode(sealed).decode()}
    return dataclasses.replace(interaction, prompt=prompt)


def find(visit: Visit, interaction: Interaction) -> Draft:
    """The draft that it holds. Raises `keys.seal.Unsealable` for one of another interaction or user."""
    sealed = base64.b64decode(interaction.prompt["sealed"])
    return Draft.parse(visit.tenant.vault.open(sealed, *_place(interaction)))


def _place(interaction: Interaction) -> tuple[str, ...]:
    """Bound to what it is about as well, so that nobody who writes rows can turn one into another."""
    prompt = interaction.prompt
    link = [prompt["link"]] if "link" in prompt else []
    about = prompt["why"], prompt["replaces"], str(prompt["changed_at"]), *link
    return "interactions", interaction.id, interaction.user_id or "", PURPOSE, *about
