"""A passkey kept, and its owner told of it: wherever it was made."""

from __future__ import annotations

from idp.authenticators import Refused
from idp.mail.queue import changed
from idp.visit import Visit
from storage import Duplicate
from storage.records import Credential, User


async def keep(visit: Visit, user: User, made: Credential, service: str) -> None:
    """Store a new passkey. Raises `Refused`."""
    try:
        await visit.tx.credentials.add(made)
    except Duplicate:  # of this user or another: no browser makes one id twice
        raise Refused("passkey", "this passkey is kept already") from None
    await tell(visit, user, "credential.added", made, service)


async def tell(visit: Visit, user: User, event: str, passkey: Credential, service: str) -> None:
    """Write down, and mail to the user, that it came or went."""
    about = {"username": user.login_name, "authenticator": passkey.authenticator, "device": passkey.name}
    await visit.record(event, user_id=user.id, service=service, **about)
    await changed(visit.tx, visit.tenant, "passkey", user, visit.now, address=visit.caller.whence)
