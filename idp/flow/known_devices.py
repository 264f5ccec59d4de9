"""Browsers in which a user signed in before: what strangers guess elsewhere does not lock him out of them.

A device is known for what was proven in it and for nothing else: who knows the password could else make any browser
known by a login that asks for no more, and have new guesses at the code in each.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from idp.throttle import STRANGER
from idp.visit import Visit
from keys.secret import Secret
from keys.token import hash_token, new_id, new_token
from storage import Transaction
from storage.known_devices import KnownDevice
from storage.records import User

DAY: Final = 86_400  # seconds
LONGEST_AGENT: Final = 200  # characters of what a browser says of itself


async def find(visit: Visit, user_id: str | None) -> KnownDevice | None:
    """The caller's browser, if this user signed in there before; the database is asked alike for whomever."""
    secret = visit.caller.device
    if not secret or not visit.tenant.settings.lockout.known_devices.per_user:
        return None
    who, asked = user_id or "", visit.devices
    if who not in asked:
        asked[who] = await visit.tx.known_devices.find(hash_token(secret), who, visit.now)
    return asked[who]


def budget_of(device: KnownDevice | None, authenticator: str) -> str:
    """Whose budget a guess spends: the device's id, if it is known for this, else the stranger's."""
    return device.id if device and authenticator in device.authenticators else STRANGER


async def budgets_of(tx: Transaction, user: User, now: int) -> list[str]:
    """All that a user's guesses may be counted under: the stranger's, and his devices'."""
    return [STRANGER, *(device.id for device in await tx.known_devices.list(user.id, now))]


async def remember(visit: Visit, user: User, authenticators: Iterable[str]) -> Secret | None:
    """The user has finished a login in this browser, and proven himself with these.

    Returns what the browser is to keep: a new secret wherever it becomes known to one more user, so that nobody can
    have put it there before. None for a caller that keeps nothing, or need not now.
    """
    settings = visit.tenant.settings.lockout.known_devices
    if not visit.caller.keeps or not settings.per_user:
        return None
    now, tx = visit.now, visit.tx
    found = await find(visit, user.id)
    proven = tuple(sorted({*authenticators, *(found.authenticators if found else ())}))
    if found and proven == found.authenticators and now - found.seen_at < DAY:
        return None  # written once a day
    visit.devices.clear()  # none of them is what it was from here on
    secret = visit.caller.device if found and visit.caller.device else new_token()
    device = KnownDevice(
        id=found.id if found else new_id(),
        token_hash=hash_token(secret),
        user_id=user.id,
        authenticators=proven,
        created_at=found.created_at if found else now,
        seen_at=now,
        expires_at=now + settings.unused_days * DAY,
        address=str(visit.caller.address),
        user_agent=visit.caller.user_agent[:LONGEST_AGENT],
    )
    if found:
        await tx.known_devices.replace(device)
        return secret
    if visit.caller.device:  # others signed in here, too, and stay known
        await tx.known_devices.move(hash_token(visit.caller.device), device.token_hash, now)
    await tx.known_devices.add(device, settings.per_user)
    return secret
