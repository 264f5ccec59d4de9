"""A forgotten pattern replaced by one of its owner's own choice, behind the mailed link; `recovery` draws one."""

from __future__ import annotations

import dataclasses

from idp.credentials import recovery, renewal
from idp.flow import interaction as interactions
from idp.flow.conclusion import PORTAL
from idp.flow.taken import Over
from idp.outcome import Challenge, Resume
from idp.policy import Attempt
from idp.visit import Visit
from keys.secret import Secret
from keys.token import hash_token


async def begin(visit: Visit, token: Secret) -> Challenge | None:
    """Ask whoever opened the link for a new pattern; None if it is good for nothing any more.

    The link is used up once the pattern is kept. Then he signs in with it, and with whatever else the rules ask.
    """
    user = await recovery.holder(visit, token)
    if user is None:
        return None
    attempt = Attempt(PORTAL, PORTAL, visit.caller.address, visit.now, user)
    begun = interactions.new(visit, attempt, Resume(PORTAL, {"path": "/"}), user.login_name)
    begun = dataclasses.replace(begun, user_id=user.id)
    try:
        asking = await renewal.begin(visit, begun, user, "forgotten", link=hash_token(token).hex())
    except Over:  # his pattern was taken away
        return None
    return await interactions.ask(visit, asking, user)
