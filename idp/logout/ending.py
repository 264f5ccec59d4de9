"""A user ends sessions of his own from another one: their browsers are not there, their services are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from idp.logout import departure
from idp.logout.departure import Departure, depart
from idp.logout.farewell import Result, Told
from idp.logout.revocation import disconnect, doors_of
from idp.provider import Door, IdentityProvider
from idp.tenant import Tenant
from idp.visit import Visit
from storage.network import NetworkSession
from storage.records import Session, User


@dataclass(frozen=True, slots=True)
class Ended:
    """What came to its end: how many sessions, what is known of their services, and what is to be told now."""

    count: int
    departure: Departure
    networks: tuple[str, ...]  # services whose NASes are asked to disconnect


async def live(visit: Visit, user: User) -> tuple[Sequence[Session], Sequence[NetworkSession]]:
    """The user's sessions that still count, those of browsers and those that NASes reported."""
    idle = visit.tenant.settings.session.idle_seconds
    held = await visit.tx.sessions.list(user.id, visit.now)
    networks = await visit.tx.network_sessions.list_of(user.id, visit.now)
    return [each for each in held if visit.now - each.seen_at < idle], networks


async def end(visit: Visit, doors: Mapping[str, Door], user: User, chosen: str | None, *, keep: str) -> Ended:
    """End the one of the user's sessions that is called so (`sid`, or a network session's id), or all (None).

    The browser's session `keep` stays. What is not his, and what has ended, is passed over.
    """
    known = doors_of(visit.tenant)
    departures: list[Departure] = []
    networks: list[str] = []
    for session in await visit.tx.sessions.list(user.id, visit.now):
        if session.sid == keep or chosen not in (None, session.sid):
            continue
        if await visit.tx.sessions.delete(session.id_hash):
            await visit.record(
                "session.ended", user_id=user.id, service="", sid=session.sid, reason="user, elsewhere"
            )
            departures.append(await depart(visit, doors, session, browser=False))
    for network in await visit.tx.network_sessions.list_of(user.id, visit.now):
        if chosen in (None, network.id) and await disconnect(visit.tx, known, network, visit.now):
            await visit.record(
                "session.disconnected", user_id=user.id, service=network.service, sid=network.id
            )
            networks.append(network.service)
    return Ended(len(departures) + len(networks), _together(departures), tuple(networks))


def _together(departures: Sequence[Departure]) -> Departure:
    """Told all at once, they take as long as one."""
    return Departure(
        tuple(told for each in departures for told in each.told),
        tuple(delivery for each in departures for delivery in each.deliveries),
        {name: farewell for each in departures for name, farewell in each.farewells.items()},
    )


async def conclude(provider: IdentityProvider, tenant: Tenant, ended: Ended) -> tuple[Told, ...]:
    """After that transaction: tell the services, within the time limit; each with its result.

    What could not be told is told later: this browser is not sent to services on behalf of another.
    """
    told = await departure.conclude(provider, tenant, ended.departure)
    return tuple(
        replace(each, result=Result.PENDING) if each.result is Result.WAITING else each for each in told
    )
