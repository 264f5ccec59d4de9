"""The exposure budget: logins in which somebody could see a table and its answer, counted for each pattern.

Whoever saw some of them can compute the pattern (`docs/guessing.md`). Only right answers count, so that no stranger
spends what is somebody's.
"""

from __future__ import annotations

import dataclasses

from idp.authenticators import Authenticator
from idp.authenticators.matrix import Matrix
from idp.authenticators.matrix.settings import RENEW, WARN, ExposureSettings
from idp.flow import known_devices
from idp.visit import Visit
from storage import Transaction
from storage.records import Credential, Interaction, User


async def after_proof(
    visit: Visit, interaction: Interaction, user: User, authenticator: Authenticator
) -> Interaction:
    """A right answer was given: count it if it could be seen, and ask for more where the pattern is worn out.

    That is so wherever one signs in: who knows the pattern can do it anywhere.
    """
    settings = settings_of(authenticator)
    if settings is None or settings.budget is None:
        return interaction
    proven = visit.patterns.get(user.id)
    held = proven.credential if proven else await _credential(visit.tx, user)
    if held is None:
        return interaction
    before = await _count(visit, user, held, settings)
    factor = settings.then
    if before < settings.budget or factor in (WARN, RENEW):
        return interaction
    given = (proof.authenticator for proof in interaction.proofs if proof.at >= interaction.created_at)
    if factor in (*interaction.chain, *given):
        return interaction
    return dataclasses.replace(interaction, chain=(*interaction.chain, factor))


async def owed(visit: Visit, interaction: Interaction, user: User | None) -> str:
    """What a worn-out pattern that was given in this login wants besides, and was not given yet; empty if nothing."""
    settings = settings_of(visit.tenant.authenticators.get(Matrix.name))
    given = {proof.authenticator for proof in interaction.proofs if proof.at >= interaction.created_at}
    if user is None or settings is None or Matrix.name not in given:
        return ""
    factor = settings.then
    if factor in (WARN, RENEW) or factor in given or not await worn_out(visit, user):
        return ""
    return factor


def settings_of(authenticator: Authenticator | None) -> ExposureSettings | None:
    """What the tenant says, where there is something to see."""
    return authenticator.settings.exposure if isinstance(authenticator, Matrix) else None


async def logins(tx: Transaction, user: User) -> int:
    """How many logins with the user's pattern could be seen since he has it."""
    held = await _credential(tx, user)
    return await tx.exposures.find(held.id if held else "", held.created_at if held else 0)


async def worn_out(visit: Visit, user: User) -> int:
    """How many that were, if they are as many as may be; else 0."""
    settings = settings_of(visit.tenant.authenticators.get(Matrix.name))
    if settings is None or settings.budget is None:
        return 0
    count = await logins(visit.tx, user)
    return count if count >= settings.budget else 0


async def must_renew(visit: Visit, user: User) -> bool:
    """Whether the user sets a new pattern before he goes on: at the very login that spends the budget."""
    settings = settings_of(visit.tenant.authenticators.get(Matrix.name))
    return settings is not None and settings.then == RENEW and bool(await worn_out(visit, user))


async def _credential(tx: Transaction, user: User) -> Credential | None:
    return next(iter(await tx.credentials.list(user.id, Matrix.name)), None)


async def _count(visit: Visit, user: User, held: Credential, settings: ExposureSettings) -> int:
    """How many there were before this one, which is counted if it could be seen."""
    if not await _is_seen(visit, user, settings):
        return await visit.tx.exposures.find(held.id, held.created_at)
    count = await visit.tx.exposures.add(held.id, held.created_at, visit.now)
    if count == settings.budget:
        await visit.record("matrix.exposed", user_id=user.id, service="", logins=count)
    return count - 1


async def _is_seen(visit: Visit, user: User, settings: ExposureSettings) -> bool:
    """Neither is the browser known for this, nor the place trusted."""
    caller = visit.caller
    if caller.trusted or any(caller.address in network for network in settings.trusted_networks):
        return False
    if not settings.spare_known_devices:
        return True
    device = await known_devices.find(visit, user.id)
    return not known_devices.budget_of(device, Matrix.name)
