"""The first passkey of somebody who is asked for one: made within the login, behind another proof of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any, Final

from idp.authenticators import Refused
from idp.authenticators.passkey import Passkey
from idp.authenticators.passkey.passkey import CHALLENGE_BYTES
from idp.credentials.enrolment import NAME, TAKEN, device_name
from idp.credentials.keeping import keep
from idp.flow.gathering import proof_of
from idp.flow.taken import Taken, proved
from idp.visit import Visit
from keys import base64url
from keys.secret import Secret
from storage.records import Interaction, User

QUESTION: Final = "new_passkey"  # what the page asks instead of the authenticator's own question


async def propose(visit: Visit, passkey: Passkey, user: User) -> Mapping[str, Any]:
    """What his browser is asked for, with a fresh challenge: it stands in one interaction, and is answered once."""
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    options = await passkey.propose(visit.tx, user, challenge)
    return {QUESTION: base64url.encode(challenge).decode(), "options": options}


async def take(
    visit: Visit,
    interaction: Interaction,
    user: User,
    answer: Secret,
    typed: Callable[[str], Secret] | Secret,
) -> Taken:
    """Keep the passkey that the browser made: it proves him at once. What is wrong with it is told as a rule."""
    passkey = visit.tenant.authenticators[interaction.chain[0]]
    assert isinstance(passkey, Passkey)
    if await visit.tx.credentials.list(user.id, passkey.name):
        return Taken(interaction, TAKEN)
    challenge = base64url.decode(interaction.prompt[QUESTION].encode())
    name = "" if isinstance(typed, Secret) else device_name(typed(NAME).reveal())
    try:
        made = passkey.accept(user, challenge, answer, name, visit.now)
        await keep(visit, user, made, interaction.service)
    except Refused as refused:
        return Taken(interaction, refused.rule)
    place = visit.tenant.policy.place(interaction.service, interaction.door)
    return Taken(proved(interaction, await proof_of(visit, user, passkey, answer, place)), kept=True)
