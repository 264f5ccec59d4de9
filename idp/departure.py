"""A user signs out, and waits while the services that the session went to are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from idp import delivering
from idp.farewell import Farewell, Result, Told
from idp.provider import Door, IdentityProvider
from idp.revocation import delivery, doors_of, revoke
from idp.tenant import Tenant
from idp.visit import Visit
from storage.deliveries import Delivery
from storage.records import Grant, Session


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
    told, deliveries, frames, known = [], [], {}, doors_of(visit.tenant.services)
    for service in _services(await revoke(visit.tx, session.sid)):
        door = known.get(service, "")
        farewell = doors[door].farewell(visit.tenant, service, session.sid) if door in doors else Farewell()
        if farewell.frame:
            frames[service] = farewell.frame
        if farewell.tells:
            claimed = visit.now + delivering.LEASE_SECONDS
            deliveries.append(delivery(door, service, session.user_id, session.sid, visit.now, claimed, 1))
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
            each.service,
            Result.DONE if each.id in delivered else Result.PENDING,
            departure.frames.get(each.service, ""),
        )
        for each in departure.deliveries
    ]
    return (*ours, *departure.told)


def _services(grants: Iterable[Grant]) -> list[str]:
    return list(dict.fromkeys(grant.service for grant in grants))
