"""How a login ends: what the rules still miss, an accepted session, or a denial in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from idp import assurance, instead, known_devices, session
from idp import interaction as interactions
from idp.agent import family
from idp.outcome import Accept, Authentication, Reason, Reject, Resume
from idp.policy import Attempt, Deny, Require, decide, possible
from idp.visit import Visit
from storage.records import Interaction, Session, User

PORTAL: Final = "portal"  # our page of tiles, as rules name it: both a door and a service


def authenticated(visit: Visit, user: User, held: Session, verdict: Require) -> Authentication:
    """What a door is told: only the proofs that the rule asked for count for strength and age."""
    counting = instead.counting(visit.tenant, verdict, held.proofs)
    return Authentication(
        user=user,
        sid=held.sid,
        amr=assurance.amr(counting, visit.tenant.authenticators),
        acr=verdict.acr or assurance.acr(counting, visit.tenant.authenticators),
        proofs=held.proofs,
        auth_time=min((proof.at for proof in counting), default=held.created_at),
        rule=verdict.rule,
        expires_at=held.expires_at,
    )


async def accept(visit: Visit, interaction: Interaction, user: User, verdict: Require) -> Accept:
    """Every proof is given: a session under a new secret, and the event."""
    acr = assurance.acr(interaction.proofs, visit.tenant.authenticators)
    held, secret = await session.establish(visit, user, interaction.proofs, acr)
    authentication = authenticated(visit, user, held, verdict)
    await visit.record(
        "login.accepted",
        user_id=user.id,
        service=interaction.service,
        door=interaction.door,
        rule=verdict.rule,
        amr=list(authentication.amr),
        proofs=[proof.authenticator for proof in interaction.proofs],
        agent=family(visit.caller.user_agent),
    )
    proven = [proof.authenticator for proof in interactions.given(interaction)]
    device = await known_devices.remember(visit, user, proven)
    resume = Resume(interaction.door, interaction.request)
    return Accept(authentication, resume, secret, device, interaction.service)


async def deny(visit: Visit, verdict: Deny, attempt: Attempt) -> Reject:
    """The rules say no: recorded with the rule, told with the rule's own words and a reference."""
    user = attempt.user
    reference = await visit.record(
        "login.denied",
        user_id=user.id if user else None,
        service=attempt.service,
        door=attempt.protocol,
        rule=verdict.rule,
    )
    return Reject(
        Reason.DENIED,
        attempt.service,
        user.login_name if user else None,
        reference=reference,
        message=verdict.message,
        is_portal_closed=_is_portal_closed(visit, attempt),
    )


def _is_portal_closed(visit: Visit, attempt: Attempt) -> bool:
    """Whether the rules keep this user out of the portal too; of somebody not yet known, whether they do everybody."""
    there = replace(attempt, protocol=PORTAL, service=PORTAL)
    if there.user is None:
        return not possible(visit.tenant.rules, there)
    return isinstance(decide(visit.tenant.rules, there).verdict, Deny)
