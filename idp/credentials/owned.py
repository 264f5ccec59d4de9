"""One of several credentials of a kind, as its owner names it and gives it up: a passkey, a certificate."""

from __future__ import annotations

from idp.authenticators import Refused
from idp.credentials.enrolment import device_name
from idp.credentials.proofs import may_remove
from idp.visit import Visit
from storage.records import Credential, User


async def rename(visit: Visit, user: User, authenticator: str, credential_id: str, name: str) -> bool:
    """Give it another name; False where it is none of his."""
    held = await _find(visit, user, authenticator, credential_id)
    return held is not None and await visit.tx.credentials.rename(held.id, device_name(name))


async def give_up(visit: Visit, user: User, authenticator: str, credential_id: str) -> Credential | None:
    """Delete it, and return what it was; None where it is none of his, or gone already.

    Raises `Refused` for the last one where he may be asked for one.
    """
    held = await _find(visit, user, authenticator, credential_id)
    if held is None:
        return None
    if not await may_remove(visit, user, held):
        raise Refused("needed", f"a rule asks for a {authenticator}, and this is the last")
    return held if await visit.tx.credentials.delete_one(held.id) else None


async def _find(visit: Visit, user: User, authenticator: str, credential_id: str) -> Credential | None:
    held = await visit.tx.credentials.list(user.id, authenticator)
    return next((each for each in held if each.id == credential_id), None)
