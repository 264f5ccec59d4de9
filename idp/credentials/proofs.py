"""Which of their proofs people need, so that nobody locks himself out."""

from __future__ import annotations

from idp.credentials import elsewhere
from idp.flow import instead
from idp.flow.conclusion import ACCOUNT, PORTAL
from idp.flow.gathering import looked_at
from idp.logout.revocation import doors_of
from idp.policy import Attempt, Require, asked
from idp.policy.conditions import CONSOLE
from idp.policy.verdict import Way
from idp.visit import Visit
from storage.records import Credential, Session, User


def needed(visit: Visit, user: User) -> frozenset[str]:
    """The authenticators that the rules may ask of the user for anything that he may enter, from wherever, whenever."""
    return frozenset().union(*(verdict.names for verdict in _asked(visit, user)))


def _asked(visit: Visit, user: User) -> tuple[Require, ...]:
    """All that the rules may ask of him. Services that no rule names are alike: one of each door stands for all."""
    rules = visit.tenant.policy
    named = frozenset().union(*(rule.services | rule.tagged for rule in rules))
    ours = {**dict.fromkeys((PORTAL, ACCOUNT, *visit.tenant.services), PORTAL), CONSOLE: CONSOLE}
    doors = ours | doors_of(visit.tenant)
    places = {(door, service if service in (*named, CONSOLE) else "") for service, door in doors.items()}
    about = looked_at(user, rules.needs.attributes) if rules.needs.attributes else {}
    found: dict[str, Require] = {}
    for door, service in places:
        attempt = Attempt(door, service, visit.caller.address, visit.now, user, attributes=about)
        found |= {verdict.rule: verdict for verdict in asked(rules, attempt)}
    return tuple(found.values())


async def lacking(visit: Visit, user: User, session: Session, max_age: int | None) -> Way:
    """What the user holds and may be asked for somewhere, and did not prove within `max_age` seconds in this session.

    Where the portal asks for less than a service does, his proofs are changed by who has those of the service; of
    several ways that he can go, one is enough. What was added since his last proof was added by him who gave that.
    """
    last = max((proof.at for proof in session.proofs), default=visit.now)
    credentials = await visit.tx.credentials.list(user.id)
    held = {each.authenticator for each in credentials if each.created_at < last}
    held |= elsewhere.known(visit.tenant, user)
    fresh = [proof for proof in session.proofs if max_age is None or visit.now - proof.at <= max_age]
    wanted: set[str] = set()
    for verdict in _asked(visit, user):
        can = [way for way in verdict.ways if held.issuperset(way)] or [tuple(verdict.names & held)]
        left: list[Way] = [instead.missing(visit.tenant, way, fresh) for way in can]
        least: Way = min(left, key=len)
        wanted.update(least)
    return tuple(sorted(wanted))


async def may_remove(visit: Visit, user: User, credential: Credential) -> bool:
    """Whether the user can do without it: he holds another for its authenticator, or no rule asks him for one but with
    another way that he can go.

    Until the transaction ends nobody else removes the other, so that of two who remove the last two one is told no.
    """
    name = credential.authenticator
    asking = [verdict for verdict in _asked(visit, user) if name in verdict.names]
    others = frozenset().union(*(verdict.names for verdict in asking))
    counts = {each: len(await visit.tx.credentials.lock(user.id, each)) for each in sorted({name, *others})}
    if counts[name] > 1:
        return True
    rest = {each for each, count in counts.items() if count and each != name}
    rest |= elsewhere.known(visit.tenant, user)
    return all(any(rest.issuperset(way) for way in verdict.ways) for verdict in asking)
