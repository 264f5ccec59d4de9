"""Why more is asked of somebody, said once he has proven something: a stranger is told no more than a name's owner."""

from __future__ import annotations

from idp.flow import ways
from idp.flow.gathering import gather
from idp.outcome import Why
from idp.policy import Attempt, decide
from idp.policy.reasons import reasons
from idp.visit import Visit
from storage.records import Interaction, User


async def why_more(visit: Visit, interaction: Interaction, user: User | None) -> Why | None:
    """Where what he has proven, in this login or before it, does not suffice; None where there is nothing to say."""
    verdict = ways.rule_of(visit.tenant, interaction)
    if user is None or verdict is None or not interaction.proofs:
        return None
    if verdict.names.isdisjoint(interaction.chain[:1]):
        return None  # it is not the rule that asks
    attempt = Attempt(interaction.door, interaction.service, visit.caller.address, visit.now, user)
    attempt = await gather(visit, attempt, interaction.proofs)
    if decide(visit.tenant.policy, attempt).verdict.rule != interaction.rule:
        return None  # whoever will be denied hears so after all proofs
    because = reasons(visit.tenant.policy, attempt)
    stands_on_session = any(proof.at < interaction.created_at for proof in interaction.proofs)
    return Why(because, verdict.why) if because or verdict.why or stands_on_session else None
