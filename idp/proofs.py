"""Which of their proofs people need, so that nobody locks himself out."""

from __future__ import annotations

from idp.conclusion import PORTAL
from idp.policy import Attempt, asked
from idp.revocation import doors_of
from idp.visit import Visit
from storage.records import Credential, User


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


async def may_remove(visit: Visit, user: User, credential: Credential) -> bool:
    """Whether the user can do without it: he holds another for its authenticator, or no rule asks him for one.

    Until the transaction ends nobody else removes the other, so that of two who remove the last two one is told no.
    """
    held = await visit.tx.credentials.lock(user.id, credential.authenticator)
    return len(held) > 1 or credential.authenticator not in needed(visit, user)
