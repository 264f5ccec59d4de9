"""A forgotten pattern: asked for by name or address, mailed as a link, replaced once by whoever opens the link.

Whether somebody has the name is found out in the background, so that nobody learns it from the page or its time.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Final

from idp import throttle
from idp.audit import record
from idp.authenticators.matrix import Issued, Matrix
from idp.flow import known_devices
from idp.logout.revocation import doors_of, end_all
from idp.mail.queue import FORGOTTEN, changed, post
from idp.tenant import Tenant
from idp.username import canonical, split
from idp.visit import Visit
from keys.secret import Secret
from keys.token import hash_token, new_token
from storage import Transaction
from storage.mails import ResetLink
from storage.records import User

PATH: Final = "/forgotten"
LINK_PATH: Final = "/forgotten/new"
HOUR: Final = 3600
AUTHENTICATOR: Final = "matrix"
SHARERS: Final = 5  # of one address, to whom a link is mailed


async def ask(visit: Visit, typed: str, locale: str) -> int | None:
    """Write down that somebody forgot the pattern of the name or address `typed`.

    None if so; else when this network address may ask again (epoch seconds). The same is done for every name.
    """
    limit = visit.tenant.settings.forgotten.requests_per_hour
    until = await _spend(visit.tx, f"address:{_network(visit.caller.address)}", limit, visit.now)
    if until is not None:
        return until
    name = canonical(typed)
    address = str(visit.caller.address)
    await post(visit.tx, visit.tenant, FORGOTTEN, None, visit.now, locale=locale, typed=name, address=address)
    await visit.record("recovery.asked", user_id=None, service="account", username=name)
    return None


async def answer(tx: Transaction, tenant: Tenant, typed: str, address: str, locale: str, now: int) -> int:
    """Mail a link to whoever has this name or address, a pattern, and not too many links; returns to how many."""
    mailed = 0
    for user in await _people(tx, tenant, typed):
        held = await tx.credentials.list(user.id, AUTHENTICATOR)
        limit = tenant.settings.forgotten.links_per_hour
        if user.disabled_at is not None or not user.email or not held:
            continue
        if await _spend(tx, f"user:{user.id}", limit, now) is not None:
            await record(
                tx, "recovery.refused", now, user_id=user.id, address=address, reason="too many links"
            )
            continue
        token, until = new_token(), now + tenant.settings.forgotten.link_seconds
        await tx.reset_links.add(ResetLink(hash_token(token), user.id, now, until))
        link = tenant.url(f"{LINK_PATH}?token={token.reveal()}")
        await post(tx, tenant, "reset", user, now, last_at=until, locale=locale, url=link, until=until)
        await record(tx, "recovery.mailed", now, user_id=user.id, address=address)
        mailed += 1
    return mailed


async def holder(visit: Visit, token: Secret) -> User | None:
    """Whose link it is, if it can still be used."""
    link = await visit.tx.reset_links.find(hash_token(token), visit.now)
    return await visit.user(link.user_id) if link else None


async def redeem(visit: Visit, token: Secret) -> tuple[User, Issued] | None:
    """A new initial pattern in place of the old one, for the link; None if that does not work any more.

    Raises `Refused` where none can be drawn.
    """
    tx, tenant, now = visit.tx, visit.tenant, visit.now
    link = await tx.reset_links.consume(hash_token(token), now)
    user = await visit.user(link.user_id) if link else None
    matrix = tenant.authenticators[AUTHENTICATOR]
    if user is None or not isinstance(matrix, Matrix):
        return None
    await tx.users.lock(user.id)  # whoever else gives him a pattern now takes this one away, or comes first
    issued = matrix.issue(user, now, now + tenant.settings.forgotten.pattern_seconds)
    await tx.credentials.delete(user.id, AUTHENTICATOR)
    await tx.credentials.add(issued.credential)
    await matrix.remember(tx, issued.credential, now)
    await _settle(visit, user, "drawn")
    await changed(tx, tenant, "pattern", user, now, address=visit.caller.whence)
    return user, issued


async def spend(visit: Visit, user: User, link: str, begun_at: int) -> bool:
    """Use up a link (the hash of its secret, in hexadecimal) for a pattern that its user chose; False if it was used.

    Whoever opened it in time, at `begun_at`, may finish what he began: it is kept for so long after its end.
    """
    found = await visit.tx.reset_links.consume(bytes.fromhex(link), begun_at)
    if found is None or found.user_id != user.id:
        return False
    await _settle(visit, user, "chosen")
    return True


async def _settle(visit: Visit, user: User, way: str) -> None:
    """His older links are worth nothing any more, his sessions end, and his wrong answers are forgotten."""
    tx = visit.tx
    await tx.reset_links.delete_of(user.id)
    sessions = await end_all(tx, doors_of(visit.tenant), user.id, visit.now, reason="forgotten pattern")
    budgets = await known_devices.budgets_of(tx, user, visit.now)
    await throttle.unlock(tx, user.login_name, [AUTHENTICATOR], budgets)
    await visit.record("recovery.done", user_id=user.id, service="account", sessions=sessions, way=way)


async def _people(tx: Transaction, tenant: Tenant, typed: str) -> Sequence[User]:
    person = await tx.users.find_by_name(*split(typed, tenant.settings.domains))
    if person is not None:
        return [person]
    return await tx.users.list_by_email(typed, SHARERS) if "@" in typed else []


async def _spend(tx: Transaction, subject: str, limit: int, now: int) -> int | None:
    """Count one; None within the limit of an hour, else when that ends."""
    counted = f"{FORGOTTEN}:{subject}"
    budget = await tx.budgets.spend(counted, limit, HOUR, now)
    if budget.failures > limit:
        return budget.until
    await tx.budgets.charge(counted)
    return None


def _network(address: IPv4Address | IPv6Address) -> str:
    """Who has one address of IPv6 has all of its network."""
    return str(ip_network((address, 64 if address.version == 6 else 32), strict=False))
