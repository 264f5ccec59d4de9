"""How a login ends: what the rules still miss, an accepted session, or a denial in words."""

from __future__ import annotations

from typing import Any, Final

from idp import assurance, session
from idp.agent import family
from idp.flow import arrival, known_devices, ways
from idp.flow import interaction as interactions
from idp.flow.gathering import gather
from idp.outcome import Accept, Authentication, Reason, Reject, Resume
from idp.policy import Attempt, Decision, Deny, Require, behind, decide, possible
from idp.policy.facts import to_facts
from idp.policy.reasons import reasons
from idp.visit import Visit
from storage.quick import replace
from storage.records import Interaction, Session, User

PORTAL: Final = "portal"  # our page of tiles, as rules name it: both a door and a service
ACCOUNT: Final = (
    "account"  # the pages where people look after themselves: a service, entered by the portal's door
)


def authenticated(visit: Visit, user: User, held: Session, verdict: Require) -> Authentication:
    """What a door is told: only the proofs that the rule asked for count for strength and age."""
    counting = ways.passed(visit.tenant, verdict, held.proofs, visit.now)
    return Authentication(
        user=user,
        sid=held.sid,
        amr=assurance.amr(counting, visit.tenant.authenticators),
        acr=verdict.acr or assurance.acr(counting, visit.tenant.authenticators),
        proofs=held.proofs,
        auth_time=min((proof.at for proof in counting), default=held.created_at),
        rule=verdict.rule,
        expires_at=min(held.expires_at, session.ends_at(verdict, held)),
        consent=verdict.consent,
        claims=verdict.claims,
        reply=verdict.reply,
    )


def decided(visit: Visit, interaction: Interaction, attempt: Attempt) -> Decision:
    """What the rules say of a login whose questions are answered.

    As `idp.policy.settle`, with recovery codes in place of what was lost. Without a session what its user was asked may
    be others' proofs, which hide from strangers that he will be denied: no `allow` is content with those.
    """
    rules = visit.tenant.policy
    decision = decide(rules, attempt)
    first = behind(rules, attempt, decision)
    if first is decision or attempt.session:
        return decision
    is_met = isinstance(first.verdict, Require) and any(
        not way for way in ways.lacks(visit, first.verdict, interaction)
    )
    return decision if is_met else first


def told(decision: Decision, attempt: Attempt) -> dict[str, Any]:
    """What is written down of a decision: the rule, its conditions as they were, and what it looked at."""
    return {"rule": decision.verdict.rule, "why": decision.why, "attempt": to_facts(attempt)}


async def accept(
    visit: Visit, interaction: Interaction, user: User, decision: Decision, attempt: Attempt
) -> Accept:
    """Every proof is given: a session under a new secret, and the event."""
    verdict = decision.verdict
    assert isinstance(verdict, Require)
    proofs = ways.counting(verdict, interaction.proofs, visit.now, interaction.created_at)
    acr = assurance.acr(proofs, visit.tenant.authenticators)
    held, secret = await session.establish(visit, user, proofs, acr, verdict.session_seconds)
    authentication = authenticated(visit, user, held, verdict)
    await visit.record(
        "login.accepted",
        user_id=user.id,
        service=interaction.service,
        door=interaction.door,
        amr=list(authentication.amr),
        proofs=[proof.authenticator for proof in interaction.proofs],
        agent=family(visit.caller.user_agent),
        **told(decision, attempt),
    )
    proven = [proof.authenticator for proof in interactions.given(interaction)]
    known = await known_devices.find(visit, user.id)
    device = await known_devices.remember(visit, user, proven)
    if device is not None and known is None:
        await arrival.tell(visit, user)
    resume = Resume(interaction.door, interaction.request)
    return Accept(authentication, resume, secret, device, interaction.service)


async def deny(visit: Visit, decision: Decision, attempt: Attempt) -> Reject:
    """The rules say no: recorded with the rule, told with the rule's own words and a reference."""
    user, verdict = attempt.user, decision.verdict
    reference = await visit.record(
        "login.denied",
        user_id=user.id if user else None,
        service=attempt.service,
        door=attempt.protocol,
        **told(decision, attempt),
    )
    return Reject(
        Reason.DENIED,
        attempt.service,
        user.login_name if user else None,
        reference=reference,
        message=verdict.message if isinstance(verdict, Deny) else None,
        because=reasons(visit.tenant.policy, attempt) if user else (),  # to nobody before his proofs
        is_portal_closed=await _is_portal_closed(visit, attempt),
    )


async def _is_portal_closed(visit: Visit, attempt: Attempt) -> bool:
    """Whether the rules keep this user out of the portal too; of somebody not yet known, whether they do everybody."""
    there = await gather(visit, replace(attempt, protocol=PORTAL, service=PORTAL))
    if there.user is None:
        return not possible(visit.tenant.policy, there)
    return isinstance(decide(visit.tenant.policy, there).verdict, Deny)
