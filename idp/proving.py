"""One step of a login, wherever it is kept meanwhile: who is asked what, and whether the answer is right."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from idp import conclusion, likeness, throttle
from idp.authenticators import Busy
from idp.authenticators.answer import Answer
from idp.interaction import proved
from idp.mail.queue import post
from idp.outcome import Reject
from idp.policy import Attempt, Deny, decide
from idp.throttle import Spent
from idp.username import canonical
from idp.visit import Visit
from storage.records import Interaction, Proof, User


@dataclass(frozen=True, slots=True)
class Wrong:
    """The answer was not right, or no more answers are looked at. `reference` finds the audit record."""

    spent: Spent
    reference: str


async def identify(
    visit: Visit, interaction: Interaction, typed: str
) -> tuple[Interaction, User | None] | Reject:
    """A user name was given: what is its owner asked? Nobody learns here whether it has one."""
    username = canonical(typed)
    person = await visit.tx.users.find_by_name(username)
    tried = attempt(visit, interaction, person)
    verdict = decide(visit.tenant.rules, tried).verdict
    required = await likeness.required(visit, username, tried, verdict)
    if required is None:  # nobody gets in here and now: no proof to ask for, and no name to protect
        denial = verdict if isinstance(verdict, Deny) else Deny(verdict.rule)
        return await conclusion.deny(visit, denial, dataclasses.replace(tried, user=None))
    user = None if person is None or person.disabled_at is not None else person
    user_id, chain = user.id if user else None, required.authenticators
    return dataclasses.replace(interaction, username=username, user_id=user_id, chain=chain, proofs=()), user


async def prove(
    visit: Visit, interaction: Interaction, user: User | None, answer: Answer
) -> Interaction | Wrong:
    """An answer to the open question: count it, and only then look at it. Raises `Busy` with nothing counted."""
    username = interaction.username or ""
    authenticator = visit.tenant.authenticators[interaction.chain[0]]
    lockout, at_once = visit.tenant.settings.lockout, authenticator.at_once
    spent = await throttle.spend(visit.tx, lockout, username, authenticator.name, visit.now, at_once=at_once)
    if spent.undecided:  # a right answer among many at once is not told that the name is locked
        raise Busy
    proven = spent.evaluate and await authenticator.verify(
        visit.tx, user, interaction.prompt, answer, visit.now
    )
    if proven and user is not None:
        await throttle.refund(visit.tx, username, authenticator.name)
        return proved(interaction, Proof(authenticator.name, authenticator.amr, visit.now))
    if spent.evaluate and not at_once:
        await throttle.charge(visit.tx, username, authenticator.name)
        if spent.left == 0:  # this one locks the name; nobody's mail costs as much as somebody's
            await post(visit.tx, visit.tenant, "locked", user, visit.now, until=spent.until)
    reference = await visit.record(
        "proof.refused" if spent.evaluate else "proof.locked",
        user_id=interaction.user_id,
        service=interaction.service,
        username=username,
        authenticator=authenticator.name,
    )
    return Wrong(spent, reference)


def attempt(visit: Visit, interaction: Interaction, user: User | None) -> Attempt:
    """What the rules look at."""
    return Attempt(interaction.door, interaction.service, visit.caller.address, visit.now, user)
