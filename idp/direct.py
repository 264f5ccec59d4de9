"""A login whose messages bring their answers with them: a NAS asks for a yes, and keeps no session with us.

The door keeps the interaction between the steps, if there are several.
"""

from __future__ import annotations

import dataclasses

from idp import assurance, conclusion, duty, guess, instead
from idp.authenticators.answer import Answer
from idp.guess import Wrong
from idp.outcome import Accept, Authentication, Reason, Reject, Resume
from idp.policy import Deny, decide
from idp.proving import attempt, identify, prove
from idp.visit import Visit
from keys.token import new_id
from storage.records import Interaction, User

__all__ = ["answer", "conclude", "identify"]


async def answer(
    visit: Visit, interaction: Interaction, user: User | None, given: Answer
) -> Interaction | Reject:
    """The interaction with one question less, or why the login is over. Raises `Busy` with nothing counted."""
    outcome = await prove(visit, interaction, user, given)
    if isinstance(outcome, Wrong):
        reason = Reason.LOCKED if outcome.spent.left == 0 else Reason.REFUSED
        return Reject(reason, interaction.service, interaction.username, reference=outcome.reference)
    return outcome


async def conclude(visit: Visit, interaction: Interaction, user: User) -> Accept | Interaction | Reject:
    """Every proof is given: decide now. The interaction where the rules changed meanwhile and want more."""
    proven = [proof.authenticator for proof in interaction.proofs]
    await guess.forgive(visit, interaction.username or "", user, proven)
    tried = attempt(visit, interaction, user)
    verdict = decide(visit.tenant.rules, tried).verdict
    if isinstance(verdict, Deny):
        return await conclusion.deny(visit, verdict, tried)
    if missing := instead.missing(visit.tenant, verdict, interaction.proofs):
        return dataclasses.replace(interaction, chain=missing)
    if why := await duty.refused_for(visit, user, interaction.proofs):
        return await _refuse(visit, interaction, user, why)
    known = visit.tenant.authenticators
    authentication = Authentication(
        user=user,
        sid=new_id(),
        amr=assurance.amr(interaction.proofs, known),
        acr=verdict.acr or assurance.acr(interaction.proofs, known),
        proofs=interaction.proofs,
        auth_time=min((proof.at for proof in interaction.proofs), default=visit.now),
        expires_at=visit.now + visit.tenant.settings.session.absolute_seconds,
        rule=verdict.rule,
    )
    return Accept(authentication, Resume(interaction.door, interaction.request))


async def _refuse(visit: Visit, interaction: Interaction, user: User, why: str) -> Reject:
    """The proof was right and must be changed, which cannot be done here."""
    reference = await visit.record(
        "login.denied",
        user_id=user.id,
        service=interaction.service,
        door=interaction.door,
        reason=why,
    )
    return Reject(Reason.DENIED, interaction.service, user.login_name, reference=reference)
