"""A login whose messages bring their answers with them: a NAS asks for a yes, and keeps no session with us.

The door keeps the interaction between the steps, if there are several.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp import assurance
from idp.authenticators.answer import Answer
from idp.flow import conclusion, duty, guess, proving, ways
from idp.flow.guess import Wrong
from idp.flow.proving import prove
from idp.outcome import Accept, Authentication, Reason, Reject, Resume
from idp.policy import Deny
from idp.visit import Visit
from storage.quick import replace
from storage.records import Interaction, User

__all__ = ["answer", "conclude", "identify"]


async def identify(
    visit: Visit, interaction: Interaction, typed: str
) -> tuple[Interaction, User | None] | Reject:
    """What the name is asked for: the first way of the rule that needs no browser, where there is one."""
    found = await proving.identify(visit, interaction, typed)
    if isinstance(found, Reject):
        return found
    named, user = found
    return ways.without_browser(visit.tenant, named), user


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
    tried = await proving.attempt(visit, interaction, user)
    decision = conclusion.decided(visit, interaction, tried)
    verdict = decision.verdict
    if isinstance(verdict, Deny):
        return await conclusion.deny(visit, decision, tried)
    missing = ways.missing(visit.tenant, verdict, interaction.proofs, visit.now, interaction.created_at)
    if missing:
        return replace(interaction, chain=missing, rule=verdict.rule)
    if why := await duty.refused_for(visit, user, interaction.proofs):
        return await _refuse(visit, interaction, user, why, conclusion.told(decision, tried))
    known = visit.tenant.authenticators
    longest = visit.tenant.settings.session.absolute_seconds
    authentication = Authentication(
        user=user,
        sid="",  # it leads to no session of ours
        amr=assurance.amr(interaction.proofs, known),
        acr=verdict.acr or assurance.acr(interaction.proofs, known),
        proofs=interaction.proofs,
        auth_time=min((proof.at for proof in interaction.proofs), default=visit.now),
        expires_at=visit.now + min(longest, verdict.session_seconds or longest),
        rule=verdict.rule,
        consent=verdict.consent,
        claims=verdict.claims,
        reply=verdict.reply,
    )
    return Accept(
        authentication, Resume(interaction.door, interaction.request), told=conclusion.told(decision, tried)
    )


async def _refuse(
    visit: Visit, interaction: Interaction, user: User, why: str, told: Mapping[str, Any]
) -> Reject:
    """The proof was right and must be changed, which cannot be done here."""
    reference = await visit.record(
        "login.denied",
        user_id=user.id,
        service=interaction.service,
        door=interaction.door,
        reason=why,
        **told,
    )
    return Reject(Reason.DENIED, interaction.service, user.login_name, reference=reference)
