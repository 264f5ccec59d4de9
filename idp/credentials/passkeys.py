"""What the owner of passkeys does with them: adds one, names it, removes it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from idp.authenticators import Refused
from idp.authenticators.passkey import Passkey
from idp.authenticators.passkey.passkey import CHALLENGE_BYTES
from idp.credentials import owned
from idp.credentials.enrolment import device_name
from idp.credentials.keeping import keep, tell
from idp.visit import Visit
from keys import base64url
from keys.seal import Unsealable
from keys.secret import Secret
from storage.records import Credential, User

SERVICE: Final = "account"  # in the audit log
STATE_SECONDS: Final = 600  # to find the key and touch it


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the browser is asked for, and what it brings back with the answer."""

    options: Mapping[str, Any]
    state: str  # the challenge, sealed for this user and this browser


async def propose(visit: Visit, passkey: Passkey, user: User) -> Proposal | None:
    """A fresh challenge for a new passkey; None where the user has as many as there may be."""
    if len(await visit.tx.credentials.list(user.id, passkey.name)) >= passkey.settings.passkeys:
        return None
    challenge = secrets.token_bytes(CHALLENGE_BYTES)
    content = {"challenge": base64url.encode(challenge).decode(), "until": visit.now + STATE_SECONDS}
    sealed = visit.tenant.vault.seal(orjson.dumps(content), *_place(visit, user))
    options = await passkey.propose(visit.tx, user, challenge)
    return Proposal(options, base64url.encode(sealed).decode())


async def add(
    visit: Visit, passkey: Passkey, user: User, state: str, answer: Secret, name: str
) -> Credential:
    """Keep the passkey that the browser made for a proposal, which is used up. Raises `Refused`."""
    challenge = await _consume(visit, user, state)
    await visit.tx.users.lock(user.id)  # of two at once, the second counts the first's
    if len(await visit.tx.credentials.list(user.id, passkey.name)) >= passkey.settings.passkeys:
        raise Refused("passkeys", f"there are {passkey.settings.passkeys} passkeys already")
    made = passkey.accept(user, challenge, answer, device_name(name), visit.now)
    await keep(visit, user, made, SERVICE)
    return made


async def rename(visit: Visit, user: User, credential_id: str, name: str) -> bool:
    """Give a passkey of the user another name; False where it is none of his."""
    return await owned.rename(visit, user, Passkey.name, credential_id, name)


async def remove(visit: Visit, user: User, credential_id: str) -> bool:
    """Let a passkey of the user count no more; False where it is none of his, or gone already.

    Raises `Refused` for the last one where he may be asked for one.
    """
    held = await owned.give_up(visit, user, Passkey.name, credential_id)
    if held is None:
        return False
    await tell(visit, user, "credential.removed", held, SERVICE)
    return True


async def _consume(visit: Visit, user: User, state: str) -> bytes:
    """The challenge of a proposal that was made to this user in this browser a while ago, once. Raises `Refused`."""
    late = Refused("late", "the page was open for too long, or was sent already")
    try:
        content = orjson.loads(
            visit.tenant.vault.open(base64url.decode(state.encode()), *_place(visit, user))
        )
    except (Unsealable, ValueError):
        raise late from None
    challenge, until = base64url.decode(content["challenge"].encode()), content["until"]
    digest = hashlib.sha256(challenge).digest()
    if until <= visit.now or not await visit.tx.spent_identifiers.add(digest, until):
        raise late
    return challenge


def _place(visit: Visit, user: User) -> tuple[str, ...]:
    return "passkey proposal", user.id, visit.caller.browser_hash.hex()
