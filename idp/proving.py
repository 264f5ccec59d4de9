"""One step of a login, wherever it is kept meanwhile: who is asked what, and whether the answer is right."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from idp import conclusion, throttle
from idp.authenticators.answer import Answer
from idp.interaction import proved
from idp.outcome import Reject
from idp.policy import Attempt, Deny, Require, decide, usual
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
    user = await visit.user_named(username)
    tried = attempt(visit, interaction, user)
    verdict = decide(visit.tenant.rules, tried).verdict
    required = verdict if isinstance(verdict, Require) else usual(visit.tenant.rules, tried)
    if required is None:  # nobody gets in here and now: there is no proof to ask for, and no name to protect
        denial = verdict if isinstance(verdict, Deny) else Deny(verdict.rule)
        return await conclusion.deny(visit, denial, dataclasses.replace(tried, user=None))
    user_id = user.id if user else None
    chain = required.authenticators
    return dataclasses.replace(interaction, username=username, user_id=user_id, chain=chain, proofs=()), user


async def prove(
    visit: Visit, interaction: Interaction, user: User | None, answer: Answer
) -> Interaction | Wrong:
    """An answer to the open question: count it, and only then look at it. Raises `Busy` with nothing counted."""
    username = interaction.username or ""
    authenticator = visit.tenant.authenticators[interaction.chain[0]]
    spent = await throttle.spend(
        visit.tx, visit.tenant.settings.lockout, username, authenticator.name, visit.now
    )
    proven = spent.evaluate and await authenticator.verify(
        visit.tx, user, interaction.prompt, answer, visit.now
    )
    if proven and user is not None:
        if len(interaction.chain) > 1:  # else `throttle.unlock` follows, which forgets it and all before
            await throttle.refund(visit.tx, username, authenticator.name)
        return proved(interaction, Proof(authenticator.name, authenticator.amr, visit.now))
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
