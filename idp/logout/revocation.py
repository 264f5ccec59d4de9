"""What a session gave to services is taken back, and it is written down that they are to be told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

from idp.audit import record
from idp.config.tenant import TenantSettings
from idp.custody.authority import revoke_all
from keys.token import new_id
from storage import Transaction
from storage.deliveries import Delivery
from storage.network import NetworkSession
from storage.records import Grant, Session

# What was given for use without the user stays when he signs out (OpenID Connect Back-Channel Logout §2.7).
OFFLINE: Final = "offline_access"


class Entered(Protocol):
    """A service, as far as its doors go."""

    @property
    def doors(self) -> Mapping[str, Any]: ...


class Home(Protocol):
    """A tenant, as far as its services go."""

    @property
    def services(self) -> Mapping[str, Entered]: ...
    @property
    def settings(self) -> TenantSettings: ...


def doors_of(tenant: Home) -> dict[str, str]:
    """The one door of each service that has one, by service; also of services that a door itself makes."""
    settings = tenant.settings
    sections = {name: getattr(settings, name) for name in type(settings).model_fields}
    made = {
        service: door
        for door, section in sections.items()
        if hasattr(section, "services_made")
        for service in section.services_made()
    }
    return made | {
        name: next(iter(service.doors)) for name, service in tenant.services.items() if service.doors
    }


async def revoke(tx: Transaction, sid: str, *, offline: bool = False) -> list[Grant]:
    """Take back what was given in a session; `offline` also what was given for use without the user.

    Returns all grants of the session, those that stay too.
    """
    grants = list(await tx.grants.list(sid))
    for grant in grants:
        if offline or OFFLINE not in grant.scope:
            await tx.grants.delete(grant.id)
    return grants


async def end(
    tx: Transaction,
    doors: Mapping[str, str],
    session: Session,
    now: int,
    *,
    reason: str,
    offline: bool = False,
) -> int:
    """End a session whose browser is not there; its services are told soon, by any node.

    `doors` are by service, as `doors_of` gives them. Returns how many services there are; none if it has ended.
    """
    if not await tx.sessions.delete(session.id_hash):
        return 0
    grants = await revoke(tx, session.sid, offline=offline)
    await record(tx, "session.ended", now, user_id=session.user_id, sid=session.sid, reason=reason)
    return await _announce(tx, doors, grants, now)


async def end_all(tx: Transaction, doors: Mapping[str, str], user_id: str, now: int, *, reason: str) -> int:
    """End every session and login of a user whose proof is worth nothing any more; services are told soon, NASes too.

    What was given for use without the user stays. Returns how many sessions of browsers there were.
    """
    for connected in await tx.network_sessions.list_of(user_id, now):
        await disconnect(tx, doors, connected, now)
    await tx.interactions.delete_of(user_id)  # who gave the old proof is not let in by the next one
    held = await tx.sessions.list(user_id, now)
    for session in held:
        await end(tx, doors, session, now, reason=reason)
    return len(held)


async def evict(tx: Transaction, doors: Mapping[str, str], user_id: str, now: int) -> tuple[int, int]:
    """End every session and login of a user, and take back everything that he gave; services are told soon.

    NASes are asked to end those that they reported, and his certificates are revoked, for others believe them too.
    Returns how many sessions and grants there were.
    """
    await revoke_all(tx, user_id, now)
    for session in await tx.network_sessions.list_of(user_id, now):
        await disconnect(tx, doors, session, now)
    await _announce(tx, doors, await tx.grants.list_of(user_id), now)
    await tx.interactions.delete_of(user_id)
    return await tx.sessions.delete_of(user_id), await tx.grants.delete_of(user_id)


async def disconnect(tx: Transaction, doors: Mapping[str, str], session: NetworkSession, now: int) -> bool:
    """Write that a NAS is to end a session; False where its service is no longer configured."""
    door = doors.get(session.service)
    if door is not None:
        await tx.deliveries.add(
            Delivery(new_id(), door, session.service, session.user_id or "", session.id, now, now)
        )
    return door is not None


def delivery(door: str, grant: Grant, now: int, due_at: int, attempts: int = 0) -> Delivery:
    """A delivery under a new id, to whom the grant was given."""
    times = now, due_at, attempts
    return Delivery(
        new_id(), door, grant.service, grant.user_id, grant.sid, *times, client_id=grant.client_id
    )


async def _announce(tx: Transaction, doors: Mapping[str, str], grants: Iterable[Grant], now: int) -> int:
    """Write what services are to be told, each once a session."""
    told = [grant for grant in once_each(grants) if grant.service in doors]
    for grant in told:
        await tx.deliveries.add(delivery(doors[grant.service], grant, now, now))
    return len(told)


def once_each(grants: Iterable[Grant]) -> list[Grant]:
    """One grant for each client and session that they were given to."""
    return list({(grant.service, grant.client_id, grant.sid): grant for grant in grants}.values())
