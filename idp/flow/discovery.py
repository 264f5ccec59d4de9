"""Signing in without a user name: a passkey says itself whose it is (WebAuthn §6.1, user handle)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from idp.authenticators.passkey import Passkey
from idp.authenticators.passkey.ceremony import handle
from idp.flow import release
from idp.flow.gathering import count_owner, gather, proof_of
from idp.flow.guess import Guess, Wrong, spend
from idp.flow.wish import Typed
from idp.policy import Attempt, possible
from idp.visit import Visit
from keys.secret import Secret
from storage.records import Interaction, User

QUESTION: Final = "passkey"  # beside the question for the name, on the same page
LONGEST: Final = 64  # characters of what an answer says of its owner


async def offer(visit: Visit, interaction: Interaction) -> Mapping[str, Any]:
    """What the page that asks for the name shows besides: a challenge, if a passkey alone lets somebody in."""
    passkey = visit.tenant.authenticators.get(Passkey.name)
    if not isinstance(passkey, Passkey):
        return {}
    attempt = Attempt(interaction.door, interaction.service, visit.caller.address, visit.now)
    choices = possible(visit.tenant.policy, await gather(visit, attempt))
    if all((Passkey.name,) not in one.ways for one in choices):
        return {}
    return {QUESTION: passkey.challenge_anybody()}


def given(interaction: Interaction, typed: Typed) -> Secret | None:
    """The answer of a passkey in the form of the page that asks for the name."""
    if interaction.chain or isinstance(typed, Secret) or QUESTION not in interaction.prompt:
        return None
    return typed(QUESTION) or None


async def prove(
    visit: Visit, interaction: Interaction, answer: Secret
) -> tuple[User | None, Interaction | Wrong]:
    """Who is said to have answered, and whether he did. Raises `Busy` with nothing counted."""
    passkey = visit.tenant.authenticators[Passkey.name]
    assert isinstance(passkey, Passkey)
    attempt = Attempt(interaction.door, interaction.service, visit.caller.address, visit.now)
    await gather(visit, attempt, count=True)
    unverified_id = handle(answer.reveal())[:LONGEST].replace("\0", "")
    user = await visit.user(unverified_id)
    # No name begins with a blank: what calls itself by somebody's name spends none of his guesses.
    name = user.login_name if user else f" {unverified_id}"

    async def is_right_of(who: User | None) -> bool:
        prompt = interaction.prompt[QUESTION]
        right = await passkey.verify(visit.tx, who, prompt, answer, visit.now)
        return right and who is not None

    guess = Guess(name, user.id if user else None, passkey.name, interaction.service, passkey.at_once)
    leave = await release.leave(visit, guess.user_id)
    wrong = await spend(visit, guess, partial(is_right_of, user), partial(is_right_of, None), leave)
    if wrong is not None:
        return None, wrong  # the page asks for a name again, and tells nothing of whose it was
    assert user is not None
    await count_owner(visit, attempt, user)
    place = visit.tenant.policy.place(attempt.service, attempt.protocol)
    proof = await proof_of(visit, user, passkey, answer, place)
    known = dataclasses.replace(interaction, username=user.login_name, user_id=user.id, proofs=(proof,))
    return user, dataclasses.replace(known, release_id=leave.release_id)
