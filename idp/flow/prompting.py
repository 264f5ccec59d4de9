"""What a name is shown when it is asked for a proof, whether anybody has it or not."""

from __future__ import annotations

from idp import authenticators
from idp.authenticators import Authenticator, Prompt
from idp.authenticators.matrix import Matrix
from idp.flow import likeness
from idp.visit import Visit
from storage.records import User


async def prompt_for(visit: Visit, authenticator: Authenticator, user: User | None, username: str) -> Prompt:
    """The authenticator's question to the user (None for nobody, and for who is disabled) of that name.

    Where the groups of users say how large a table is, a name that nobody has is shown what other users are.
    """
    if isinstance(authenticator, Matrix) and authenticator.settings.groups:
        holder, groups = await likeness.holder(visit, username)
        return await authenticator.challenge_within(visit.tx, holder, groups, visit.now)
    return await authenticators.prompt_for(authenticator, visit.tx, user, username, visit.now)
