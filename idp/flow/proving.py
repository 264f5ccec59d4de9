"""One step of a login, wherever it is kept meanwhile: who is asked what, and whether the answer is right."""

from __future__ import annotations

from functools import partial

from idp.authenticators import Authenticator, Prompt, why
from idp.authenticators.answer import Answer
from idp.authenticators.matrix import Matrix
from idp.authenticators.recovery import Recovery
from idp.flow import conclusion, exposure, instead, likeness, release, ways
from idp.flow.gathering import gather, proof_of
from idp.flow.guess import Guess, Wrong, spend
from idp.flow.taken import proved
from idp.mail.queue import post
from idp.outcome import Reject
from idp.policy import Attempt, Decision, Deny, decide
from idp.username import canonical, split
from idp.visit import Visit
from storage.quick import replace
from storage.records import Interaction, User


async def identify(
    visit: Visit, interaction: Interaction, typed: str
) -> tuple[Interaction, User | None] | Reject:
    """A user name was given: what is its owner asked? Nobody learns here whether it has one."""
    username = canonical(typed)
    person = await visit.tx.users.find_by_name(*split(username, visit.tenant.settings.domains))
    tried = await gather(visit, attempt_of(visit, interaction, person), count=True, name=username)
    decision = decide(visit.tenant.policy, tried)
    verdict = decision.verdict
    required = await likeness.required(visit, username, tried, verdict)
    if required is None:  # nobody gets in here and now: no proof to ask for, and no name to protect
        denial = decision if isinstance(verdict, Deny) else Decision(Deny(verdict.rule), decision.rule)
        return await conclusion.deny(visit, denial, anonymous(tried))
    user = None if person is None or person.disabled_at is not None else person
    user_id, chain = user.id if user else None, required.authenticators
    return replace(
        interaction,
        username=username,
        user_id=user_id,
        chain=chain,
        rule=required.rule,
        proofs=(),
        release_id="",
    ), user


async def prove(
    visit: Visit, interaction: Interaction, user: User | None, answer: Answer
) -> Interaction | Wrong:
    """An answer to the open question: count it, and only then look at it. Raises `Busy` with nothing counted."""
    authenticator = visit.tenant.authenticators[interaction.chain[0]]
    guess = Guess(
        interaction.username or "",
        interaction.user_id,
        authenticator.name,
        interaction.service,
        authenticator.at_once,
    )

    async def is_right_of(who: User | None) -> bool:
        known = {"username": interaction.username or "", "certificate": visit.caller.certificate}
        prompt = {**interaction.prompt, **known}
        right = await _is_right(visit, authenticator, who, prompt, answer)
        if not right:
            guess.about.update(await why(authenticator, visit.tx, who, prompt, visit.now))
        return right and who is not None

    leave = await release.leave(visit, interaction.user_id, interaction.release_id)
    wrong = await spend(visit, guess, partial(is_right_of, user), partial(is_right_of, None), leave)
    if wrong is None and user is not None:
        place = visit.tenant.policy.place(interaction.service, interaction.door)
        proof = await proof_of(visit, user, authenticator, answer, place)
        done = proved(interaction, proof, leave.release_id)
        if authenticator.name == Recovery.name:
            await instead.note(visit, interaction, user)
        done = await ways.fit(visit, done, user)
        return await exposure.after_proof(visit, done, user, authenticator)
    assert wrong is not None  # nobody's answer is right
    if wrong.spent.locks:
        # This one locks the name; nobody's mail costs as much as somebody's. A release opens it in spite of that.
        locked = None if leave.is_protected else user
        await post(visit.tx, visit.tenant, "locked", locked, visit.now, until=wrong.spent.until)
    return wrong


async def _is_right(
    visit: Visit, authenticator: Authenticator, user: User | None, prompt: Prompt, answer: Answer
) -> bool:
    """Ask the authenticator; a pattern that it opened for this is handed on."""
    if not isinstance(authenticator, Matrix):
        return await authenticator.verify(visit.tx, user, prompt, answer, visit.now)
    present = await authenticator.proven(visit.tx, user, prompt, answer, visit.now)
    if present is not None:
        visit.patterns[present.credential.user_id] = present
    return present is not None


async def attempt(visit: Visit, interaction: Interaction, user: User | None) -> Attempt:
    """What the rules look at, with the proofs that stand."""
    return await gather(visit, attempt_of(visit, interaction, user), interaction.proofs)


def anonymous(attempt: Attempt) -> Attempt:
    """The attempt of whoever it was: nothing of a user whom nobody has proven to be."""
    return replace(attempt, user=None, session=False, attributes={}, known=False, exposures=0)


def attempt_of(visit: Visit, interaction: Interaction, user: User | None) -> Attempt:
    """Who wants in where, nothing more gathered."""
    return Attempt(interaction.door, interaction.service, visit.caller.address, visit.now, user)
