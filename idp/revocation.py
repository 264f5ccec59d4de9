"""What a session gave to services is taken back, and it is written down that they are to be told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

from idp.audit import record
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


def doors_of(services: Mapping[str, Entered]) -> dict[str, str]:
    """The one door of each service that has one, by service."""
    return {name: next(iter(service.doors)) for name, service in services.items() if service.doors}


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

    `doors` are by service, as `doors_of` gives them. Returns how many services there are.
    """
    await tx.sessions.delete(session.id_hash)
    grants = await revoke(tx, session.sid, offline=offline)
    await record(tx, "session.ended", now, user_id=session.user_id, sid=session.sid, reason=reason)
    return await _announce(tx, doors, grants, now)


async def evict(tx: Transaction, doors: Mapping[str, str], user_id: str, now: int) -> tuple[int, int]:
    """End every session of a user, and take back everything that he gave; services are told soon.

    NASes are asked to end those that they reported. Returns how many sessions and grants there were.
    """
    for session in await tx.network_sessions.list_of(user_id, now):
        await disconnect(tx, doors, session, now)
    await _announce(tx, doors, await tx.grants.list_of(user_id), now)
    return await tx.sessions.delete_of(user_id), await tx.grants.delete_of(user_id)


async def disconnect(tx: Transaction, doors: Mapping[str, str], session: NetworkSession, now: int) -> bool:
    """Write that a NAS is to end a session; False where its service is no longer configured."""
    door = doors.get(session.service)
    if door is not None:
        told = delivery(door, session.service, session.user_id or "", session.id, now, now)
        await tx.deliveries.add(told)
    return door is not None


def delivery(
    door: str, service: str, user_id: str, sid: str, now: int, due_at: int, attempts: int = 0
) -> Delivery:
    """A delivery under a new id."""
    return Delivery(new_id(), door, service, user_id, sid, now, due_at, attempts)


async def _announce(tx: Transaction, doors: Mapping[str, str], grants: Iterable[Grant], now: int) -> int:
    """Write what services are to be told, each once a session."""
    told = {(grant.service, grant.sid): grant.user_id for grant in grants if grant.service in doors}
    for (service, sid), user_id in told.items():
        await tx.deliveries.add(delivery(doors[service], service, user_id, sid, now, now))
    return len(told)
