"""Login protect: where it is on, answers are looked at only within one login that the user's device released."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from idp.visit import Visit


@dataclass(frozen=True, slots=True)
class Leave:
    """Whether the answers of a name are looked at. Of a user who has not released a login, none is."""

    is_protected: bool = False
    release_id: str = ""  # that lets this login in, empty where none does
    is_taken: bool = False  # by a proof before, of this very login

    @property
    def is_closed(self) -> bool:
        return self.is_protected and not self.release_id

    @property
    def names(self) -> tuple[str, ...]:
        """Under which answers within a release are counted: what strangers typed before it does not count there."""
        return (f"release:{self.release_id}",) if self.release_id else ()


FREE: Final = Leave()


async def leave(visit: Visit, user_id: str | None, taken: str = "") -> Leave:
    """How the answers of this user (None for nobody) are to be taken; `taken` is the release that his login has.

    The database is asked alike for every name.
    """
    settings = visit.tenant.settings.protect
    if settings.use == "never":
        return FREE
    if taken:
        return Leave(is_protected=True, release_id=taken, is_taken=True)
    standing = await visit.tx.releases.standing(user_id or "", visit.now)
    is_protected = standing.has_key
    if settings.use == "required":
        user = await visit.user(user_id)
        is_protected |= user is not None and (
            not settings.groups or not user.groups.isdisjoint(settings.groups)
        )
    return Leave(is_protected=True, release_id=standing.release_id) if is_protected else FREE


async def claim(visit: Visit, user_id: str | None, held: Leave) -> bool:
    """Take the release for the login whose proof was right; of many logins at once, one gets it."""
    if not held.is_protected or held.is_taken:
        return True
    return await visit.tx.releases.consume(user_id or "", held.release_id, visit.now)
