"""In which language somebody wants to be spoken to, as he says himself."""

from __future__ import annotations

from idp import attributes
from idp.flow.conclusion import PORTAL
from idp.visit import Visit


async def choose(visit: Visit, user_id: str, locale: str) -> None:
    """Keep a language that the tenant speaks, unless the user was disabled or deleted meanwhile."""
    # Held, because all of him is written: what an administrator changes at this moment must not be undone.
    user = await visit.tx.users.lock(user_id)
    if user is None or user.disabled_at is not None:
        return
    await visit.tx.users.replace(attributes.assign(user, {"locale": locale}, {}, visit.now))
    await visit.record("user.changed", user_id=user.id, service=PORTAL, attributes=["locale"])
