"""Whether what a user gave still stands: he is not disabled, and his session has not ended."""

from __future__ import annotations

from idp.visit import Visit
from protocols.oidc.settings import OFFLINE_ACCESS
from storage.records import Grant, User


async def user_of(visiting: Visit, grant: Grant) -> User | None:
    """The user behind a live grant, None if it stands no longer.

    What was given for use without the user outlives his session, and nothing else does.
    """
    is_offline = OFFLINE_ACCESS in grant.scope
    if not is_offline and await visiting.tx.sessions.find_by_sid(grant.sid, visiting.now) is None:
        return None
    return await visiting.user(grant.user_id)
