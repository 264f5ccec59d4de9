"""Which of their proofs people need, so that nobody locks himself out."""

from __future__ import annotations

from idp import elsewhere, instead
from idp.conclusion import PORTAL
from idp.policy import Attempt, Require, asked
from idp.revocation import doors_of
from idp.visit import Visit
from storage.records import Credential, Session, User


def needed(visit: Visit, user: User) -> frozenset[str]:
    """The authenticators that the rules may ask of the user for anything that he may enter, from wherever, whenever.

    Services that no rule names are alike: one of each door stands for all.
    """
    rules = visit.tenant.rules
    named = frozenset().union(*(rule.services for rule in rules))
    doors = dict.fromkeys((PORTAL, *visit.tenant.services), PORTAL) | doors_of(visit.tenant)
    places = {(door, service if service in named else "") for service, door in doors.items()}
    return frozenset(
        authenticator
        for door, service in places
        for verdict in asked(rules, Attempt(door, service, visit.caller.address, visit.now, user))
        for authenticator in verdict.authenticators
    )


async def lacking(visit: Visit, user: User, session: Session, max_age: int | None) -> tuple[str, ...]:
    """What the user holds and may be asked for somewhere, and did not prove within `max_age` seconds in this session.

    Where the portal asks for less than a service does, his proofs are changed by who has those of the service. What
    was added since his last proof was added by him who gave that.
    """
    last = max((proof.at for proof in session.proofs), default=visit.now)
    credentials = await visit.tx.credentials.list(user.id)
    held = {each.authenticator for each in credentials if each.created_at < last}
    held |= elsewhere.known(visit.tenant, user)
    names = tuple(sorted(needed(visit, user) & held))
    fresh = [proof for proof in session.proofs if max_age is None or visit.now - proof.at <= max_age]
    return instead.missing(visit.tenant, Require("", names), fresh)


async def may_remove(visit: Visit, user: User, credential: Credential) -> bool:
    """Whether the user can do without it: he holds another for its authenticator, or no rule asks him for one.

    Until the transaction ends nobody else removes the other, so that of two who remove the last two one is told no.
    """
    held = await visit.tx.credentials.lock(user.id, credential.authenticator)
    return len(held) > 1 or credential.authenticator not in needed(visit, user)
