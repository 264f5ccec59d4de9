"""A user signs out, and waits while the services that the session went to are told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from idp.logout import delivering
from idp.logout.farewell import Farewell, Result, Told
from idp.logout.revocation import delivery, doors_of, once_each, revoke
from idp.provider import Door, IdentityProvider
from idp.tenant import Tenant
from idp.visit import Visit
from storage.deliveries import Delivery
from storage.records import Grant, Session


@dataclass(frozen=True, slots=True)
class Departure:
    """A session that ended: what is known at once, and what this process is to tell now."""

    told: tuple[Told, ...]
    deliveries: tuple[Delivery, ...]
    farewells: Mapping[str, Farewell]  # by delivery


async def depart(
    visit: Visit,
    doors: Mapping[str, Door],
    session: Session,
    by: str = "",
    client_id: str = "",
    *,
    browser: bool = True,
) -> Departure:
    """In the transaction that ended the session. `by` is the service that asked for it, if one did.

    That one needs no telling: it signed the user out itself before it sent him here. `client_id` says which it is
    of those that share a name. Without a `browser` nothing can be told through one.
    """
    told, deliveries, farewells, known = [], [], {}, doors_of(visit.tenant)
    for grant in once_each(await revoke(visit.tx, session.sid)):
        door = known.get(grant.service, "")
        is_asker = grant.service == by and client_id in ("", grant.client_id)
        farewell = await doors[door].farewell(visit.tx, visit.tenant, grant) if door in doors else Farewell()
        if farewell.tells:
            due = delivery(door, grant, visit.now, visit.now + delivering.LEASE_SECONDS, attempts=1)
            farewells[due.id] = farewell
            deliveries.append(due)
            await visit.tx.deliveries.add(due)
            continue
        each = _told(grant, farewell if browser else Farewell(names=farewell.names), is_asker)
        told.append(each)
        await visit.record(
            f"logout.{each.result.value}", user_id=session.user_id, service=grant.service, sid=session.sid
        )
    return Departure(tuple(told), tuple(deliveries), farewells)


async def conclude(provider: IdentityProvider, tenant: Tenant, departure: Departure) -> tuple[Told, ...]:
    """After that transaction: tell them all at once, within the time limit; every service with its result."""
    delivered = await delivering.deliver(provider, tenant, departure.deliveries)
    ours = []
    for each in departure.deliveries:
        farewell, done = departure.farewells[each.id], each.id in delivered
        result = Result.DONE if done else Result.WAITING if farewell.path else Result.PENDING
        who = each.client_id, each.sid, each.id
        ours.append(Told(each.service, result, farewell.frame, farewell.names, farewell.path, *who))
    return (*ours, *departure.told)


def _told(grant: Grant, farewell: Farewell, is_asker: bool) -> Told:
    """What is known of a service that the back channel does not reach."""
    result = Result.DONE if is_asker else Result.UNSUPPORTED
    if farewell.frame or farewell.path:
        result = Result.ASKED if farewell.frame else Result.WAITING
    who = grant.client_id, grant.sid
    return Told(grant.service, result, farewell.frame, farewell.names, farewell.path, *who)
