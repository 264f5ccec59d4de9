"""A login in progress: opened, claimed by one request at a time, asked the next question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp import session
from idp.authenticators.matrix.draft import Way
from idp.credentials import enrolling, first_passkey, renewal
from idp.flow import discovery, duty, instead, ways
from idp.flow.prompting import prompt_for
from idp.flow.why import why_more
from idp.monitoring.noting import Asked
from idp.outcome import Challenge, Reason, Reject, Resume
from idp.policy import Attempt
from idp.visit import Visit
from keys.token import new_id
from storage.quick import replace
from storage.records import Interaction, Proof, Session, User

USERNAME = "username"  # the first question; every other is an authenticator's name


def new(visit: Visit, attempt: Attempt, resume: Resume, username: str | None) -> Interaction:
    """An interaction that is not stored yet and asks for the user name; `username` is shown as a suggestion."""
    return Interaction(
        id=new_id(),
        browser_hash=visit.caller.browser_hash,
        door=resume.door,
        service=attempt.service,
        request=resume.request,
        created_at=visit.now,
        expires_at=visit.now + visit.tenant.settings.login_seconds,
        username=username,
    )


def built_on(
    visit: Visit,
    attempt: Attempt,
    resume: Resume,
    held: Session,
    user: User,
    chain: tuple[str, ...],
    rule: str,
) -> Interaction:
    """The same for the user of a session, which proves who he is where the rule wants more of him."""
    begun = new(visit, attempt, resume, user.login_name)
    return replace(begun, user_id=user.id, chain=chain, proofs=held.proofs, rule=rule)


async def claim(visit: Visit, interaction_id: str) -> Interaction | Reject:
    """Take the interaction out of the store: of many requests that want it, one gets it.

    A browser other than the one that began it does not, and cannot end it for the one that did.
    """
    if "\0" in interaction_id:  # no database can be asked for it, and no id of ours has it
        return Reject(Reason.EXPIRED)
    stored = visit.tx.interactions
    interaction = await stored.consume(interaction_id, visit.caller.browser_hash, visit.now)
    if interaction is not None:
        return interaction
    foreign = await stored.find(interaction_id, visit.now)
    if foreign is None or foreign.browser_hash == visit.caller.browser_hash:  # another request was first
        return Reject(Reason.EXPIRED)
    return Reject(Reason.FOREIGN, foreign.service)


async def ask(
    visit: Visit,
    interaction: Interaction,
    user: User | None,
    *,
    retry: bool = False,
    stale: bool = False,
    last_try: bool = False,
    unreachable: bool = False,
    refused: str = "",
) -> Challenge:
    """Put the open question with a fresh prompt under a new step, and store the interaction again.

    `refused` is the rule that something typed beside the answer broke.
    """
    prompt: Mapping[str, Any] = {}
    if question(interaction) in duty.QUESTIONS:
        prompt = interaction.prompt
    elif interaction.chain:
        prompt = await enrolling.propose(visit, interaction, user) or await _prompt(visit, interaction, user)
    else:
        prompt = await discovery.offer(visit, interaction)
    interaction = replace(interaction, step=new_id(), prompt=dict(prompt))
    await visit.tx.interactions.add(interaction)
    visit.tx.notes.add(Asked(interaction.door, question(interaction)))
    special = _enrolment(visit, interaction, user, refused)
    replaceable = special is None or special.authenticator == first_passkey.QUESTION
    said: dict[str, Any] = {
        "retry": retry,
        "stale": stale,
        "last_try": last_try,
        "unreachable": unreachable,
        "other": replaceable and instead.is_possible(visit.tenant, interaction),
        "options": await ways.options(visit, interaction, user),
        "why": await why_more(visit, interaction, user),
    }
    challenge = special or peek(interaction)
    return replace(challenge, **said) if any(said.values()) else challenge


async def _prompt(visit: Visit, interaction: Interaction, user: User | None) -> Mapping[str, Any]:
    authenticator = visit.tenant.authenticators[interaction.chain[0]]
    return await prompt_for(visit, authenticator, user, interaction.username or "")


def _enrolment(visit: Visit, interaction: Interaction, user: User | None, refused: str) -> Challenge | None:
    """The page that shows a new device or sets a new proof, if it is what is asked: secrets are sealed where stored."""
    if question(interaction) in duty.QUESTIONS:
        page, told = duty.shown(visit, interaction, user, refused)
    elif enrolling.is_proposed(interaction):
        page, told = enrolling.shown(visit.tenant, interaction, refused)
    else:
        return None
    return replace(peek(interaction), authenticator=page, prompt=told)


async def ask_anew(
    visit: Visit, attempt: Attempt, resume: Resume, held: Session, user: User, way: Way
) -> Challenge:
    """Ask the user of a session, who has just proven himself, for a new pattern or phrase. Raises `taken.Over`."""
    begun = new(visit, attempt, resume, user.login_name)
    begun = replace(begun, user_id=user.id, proofs=held.proofs)
    return await ask(visit, await renewal.begin(visit, begun, user, way=way), user)


def question(interaction: Interaction) -> str:
    """The name of the open question."""
    return interaction.chain[0] if interaction.chain else USERNAME


def peek(interaction: Interaction) -> Challenge:
    """The open question as it stands."""
    return Challenge(
        interaction_id=interaction.id,
        step=interaction.step,
        authenticator=question(interaction),
        prompt=interaction.prompt,
        service=interaction.service,
        resume=Resume(interaction.door, interaction.request),
        username=interaction.username,
    )


def given(interaction: Interaction) -> tuple[Proof, ...]:
    """The proofs of this login itself: what is older is the session's on which it builds."""
    return tuple(proof for proof in interaction.proofs if proof.at >= interaction.created_at)


async def standing(visit: Visit, interaction: Interaction, user: User) -> Interaction:
    """The interaction without what a session vouched for that has ended meanwhile.

    Who signs out, and is gone, must not leave a page in his browser that still counts on his first proof.
    """
    fresh = given(interaction)
    if len(fresh) == len(interaction.proofs):
        return interaction
    held = await session.find(visit)
    live = held.proofs if held and held.user_id == user.id else ()
    names = {proof.authenticator for proof in fresh}
    kept = tuple(proof for proof in live if proof.authenticator not in names)
    return replace(interaction, proofs=(*kept, *fresh))


def is_prompt_over(interaction: Interaction, now: int) -> bool:
    """Whether what was shown may no longer be answered."""
    return bool(interaction.prompt.get("expires_at", now + 1) <= now)
