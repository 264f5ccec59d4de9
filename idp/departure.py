"""A session ends everywhere it went: what was given in it is taken back, and services are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from idp import delivering
from idp.audit import record
from idp.farewell import Farewell, Result, Told
from idp.provider import Door, IdentityProvider
from idp.tenant import Tenant
from idp.visit import Visit
from keys.token import new_id
from storage import Transaction
from storage.deliveries import Delivery
from storage.records import Grant, Session

# What was given for use without the user stays when he signs out (OpenID Connect Back-Channel Logout §2.7).
OFFLINE: Final = "offline_access"


@dataclass(frozen=True, slots=True)
class Departure:
    """A session that ended: what is known at once, and what this process is to tell now."""

    told: tuple[Told, ...]
    deliveries: tuple[Delivery, ...]
    frames: Mapping[str, str]  # by service


async def depart(visit: Visit, doors: Mapping[str, Door], session: Session, by: str = "") -> Departure:
    """In the transaction that ended the session. `by` is the service that asked for it, if one did.

    That one needs no telling: it signed the user out itself before it sent him here.
    """
    told, deliveries, frames = [], [], {}
    for service in _services(await revoke(visit.tx, session.sid)):
        door = _door(visit, service)
        farewell = doors[door].farewell(visit.tenant, service, session.sid) if door in doors else Farewell()
        if farewell.frame:
            frames[service] = farewell.frame
        if farewell.tells:
            claimed = visit.now + delivering.LEASE_SECONDS
            deliveries.append(_delivery(door, service, session.user_id, session.sid, visit.now, claimed, 1))
            await visit.tx.deliveries.add(deliveries[-1])
            continue
        result = Result.ASKED if farewell.frame else Result.DONE if service == by else Result.UNSUPPORTED
        told.append(Told(service, result, farewell.frame))
        await visit.record(
            f"logout.{result.value}", user_id=session.user_id, service=service, sid=session.sid
        )
    return Departure(tuple(told), tuple(deliveries), frames)


async def conclude(provider: IdentityProvider, tenant: Tenant, departure: Departure) -> tuple[Told, ...]:
    """After that transaction: tell them all at once, within the time limit; every service with its result."""
    delivered = await delivering.deliver(provider, tenant, departure.deliveries)
    ours = [
        Told(
            delivery.service,
            Result.DONE if delivery.id in delivered else Result.PENDING,
            departure.frames.get(delivery.service, ""),
        )
        for delivery in departure.deliveries
    ]
    return (*ours, *departure.told)


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
    tx: Transaction, doors: Mapping[str, str], session: Session, now: int, *, offline: bool = False
) -> int:
    """An operator ends a session; its services are told soon, by any node. `doors` are by service.

    Returns how many services there are.
    """
    await tx.sessions.delete(session.id_hash)
    grants = await revoke(tx, session.sid, offline=offline)
    await record(tx, "session.ended", now, user_id=session.user_id, sid=session.sid, reason="operator")
    return await _announce(tx, doors, grants, now)


async def evict(tx: Transaction, doors: Mapping[str, str], user_id: str, now: int) -> tuple[int, int]:
    """End every session of a user, and take back everything that he gave; services are told soon.

    Returns how many sessions and grants there were.
    """
    grants = await tx.grants.list_of(user_id)
    await _announce(tx, doors, grants, now)
    return await tx.sessions.delete_of(user_id), await tx.grants.delete_of(user_id)


async def _announce(tx: Transaction, doors: Mapping[str, str], grants: Iterable[Grant], now: int) -> int:
    """Write what services are to be told, each once a session."""
    told = {(grant.service, grant.sid): grant.user_id for grant in grants if grant.service in doors}
    for (service, sid), user_id in told.items():
        await tx.deliveries.add(_delivery(doors[service], service, user_id, sid, now, now))
    return len(told)


def _services(grants: Iterable[Grant]) -> list[str]:
    return list(dict.fromkeys(grant.service for grant in grants))


def _door(visit: Visit, name: str) -> str:
    """The door of a service; none if it was taken out of the configuration since."""
    service = visit.tenant.services.get(name)
    return next(iter(service.doors), "") if service else ""


def _delivery(
    door: str, service: str, user_id: str, sid: str, now: int, due_at: int, attempts: int = 0
) -> Delivery:
    return Delivery(new_id(), door, service, user_id, sid, now, due_at, attempts)
