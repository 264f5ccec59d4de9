"""Another way: a recovery code in place of a proof that was lost, where the tenant's settings allow it."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence

from idp.authenticators.recovery import Recovery
from idp.mail.queue import changed
from idp.policy.verdict import Way
from idp.tenant import Tenant
from idp.visit import Visit
from storage.records import Interaction, Proof, User


def missing(tenant: Tenant, way: Way, proofs: Sequence[Proof]) -> Way:
    """The authenticators on the way that the proofs do not cover, in its order."""
    given = {proof.authenticator for proof in proofs}
    lost = tuple([name for name in way if name not in given])
    replaced = _replaced(tenant, way, given) if lost else None
    return lost if replaced is None else tuple(name for name in lost if name != replaced)


def counting(tenant: Tenant, way: Way, proofs: Sequence[Proof]) -> tuple[Proof, ...]:
    """The proofs on the way, and the code that stands in for one of them."""
    names = set(way)
    if _replaced(tenant, way, {proof.authenticator for proof in proofs}):
        names.add(Recovery.name)
    return tuple(proof for proof in proofs if proof.authenticator in names)


def is_possible(tenant: Tenant, interaction: Interaction) -> bool:
    """Whether a code may be given in place of what is asked now; told to every name alike."""
    given = {proof.authenticator for proof in interaction.proofs}
    chain = interaction.chain
    return bool(chain) and Recovery.name not in given.union(chain) and chain[0] in _replaceable(tenant)


def choose(tenant: Tenant, interaction: Interaction) -> Interaction:
    """A code is asked for in place of what is asked now, where it may be."""
    if not is_possible(tenant, interaction):
        return interaction
    return dataclasses.replace(interaction, chain=(Recovery.name, *interaction.chain[1:]))


async def note(visit: Visit, interaction: Interaction, user: User) -> None:
    """A code was used: its owner hears of it, for it may have been another who found the sheet."""
    recovery = visit.tenant.authenticators[Recovery.name]
    assert isinstance(recovery, Recovery)
    left = await recovery.left(visit.tx, user)
    await visit.record("recovery.used", user_id=user.id, service=interaction.service, left=left)
    await changed(visit.tx, visit.tenant, "recovery", user, visit.now, address=visit.caller.whence)


def _replaced(tenant: Tenant, way: Way, given: Collection[str]) -> str | None:
    """One code stands in for one proof: of several that are missing, for the first that it may."""
    if Recovery.name not in given or Recovery.name in way:
        return None
    lost = (name for name in way if name not in given)
    return next((name for name in lost if name in _replaceable(tenant)), None)


def _replaceable(tenant: Tenant) -> Collection[str]:
    recovery = tenant.authenticators.get(Recovery.name)
    return recovery.settings.instead_of if isinstance(recovery, Recovery) else ()
