"""What somebody is asked for who has nothing to answer with: to activate a device, or to make a passkey, at login.

Only behind another proof of this very login, and one that is not in the device: a stranger who knows a name, or who
sits down at a browser that somebody left, activates nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from idp.authenticators import Refused
from idp.authenticators.passkey import Passkey
from idp.authenticators.totp import Totp
from idp.credentials import enrolment, first_passkey
from idp.credentials.enrolment import Form
from idp.custody.authority import AUTHENTICATOR
from idp.flow.guess import Wrong
from idp.flow.taken import Taken, proved
from idp.tenant import Tenant
from idp.visit import Visit
from keys.secret import Secret
from storage.records import Interaction, Proof, User


async def propose(visit: Visit, interaction: Interaction, user: User | None) -> Mapping[str, Any] | None:
    """What is asked of a user who has none yet: the same device again until it is confirmed. None for others."""
    fresh = any(_tells_who(proof) and proof.at >= interaction.created_at for proof in interaction.proofs)
    if user is None or not fresh:
        return None
    authenticator = await _wanting(visit, user, interaction.chain)
    match authenticator:
        case Totp():
            open_now = enrolment.proposed(interaction)
            return enrolment.pack(open_now or authenticator.propose(user, visit.now))
        case Passkey():
            return await first_passkey.propose(visit, authenticator, user)
        case None:
            return None


async def behind(
    visit: Visit, user: User, proofs: Sequence[Proof], chain: tuple[str, ...]
) -> tuple[str, ...]:
    """The chain of a step-up: who will activate something first gives again a proof that his session has."""
    again = next(filter(_tells_who, proofs), None)
    wanting = again is not None and await _wanting(visit, user, chain)
    return (again.authenticator, *chain) if again is not None and wanting else chain


def _tells_who(proof: Proof) -> bool:
    """Whether it shows that its owner is there: a certificate is in the device, whoever sits down at it."""
    return proof.authenticator != AUTHENTICATOR


def is_proposed(interaction: Interaction) -> bool:
    """Whether the open question is about something new."""
    return first_passkey.QUESTION in interaction.prompt or enrolment.proposed(interaction) is not None


def shown(tenant: Tenant, interaction: Interaction, refused: str) -> tuple[str, Mapping[str, Any]]:
    """The page, and what it needs. `refused` is the rule that was broken, or empty."""
    device = enrolment.proposed(interaction)
    if device is None:
        return first_passkey.QUESTION, {"options": interaction.prompt["options"], "refused": refused}
    authenticator = tenant.authenticators[device.authenticator]
    assert isinstance(authenticator, Totp)
    told = enrolment.shown(tenant, authenticator, device, interaction.username or "", refused)
    return enrolment.QUESTION, told


async def take(
    visit: Visit,
    interaction: Interaction,
    user: User,
    answer: Secret,
    typed: Callable[[str], Secret] | Secret,
) -> Taken | Wrong:
    """Keep it if the answer shows that the user holds it, which proves him; he may have another meanwhile."""
    device = enrolment.proposed(interaction)
    if device is None:
        return await first_passkey.take(visit, interaction, user, answer, typed)
    authenticator = visit.tenant.authenticators[device.authenticator]
    assert isinstance(authenticator, Totp)
    form = Form.read(answer, typed)
    try:
        outcome = await enrolment.complete(
            visit, authenticator, device, user, form, service=interaction.service, most=1
        )
    except Refused as refused:
        return Taken(interaction, refused.rule)
    if isinstance(outcome, Wrong):
        return outcome
    return Taken(proved(interaction, Proof(authenticator.name, authenticator.amr, visit.now)), kept=True)


async def _wanting(visit: Visit, user: User, chain: tuple[str, ...]) -> Totp | Passkey | None:
    """The authenticator that is asked next, if the user has nothing for it and may activate it at login."""
    authenticator = visit.tenant.authenticators[chain[0]]
    if not isinstance(authenticator, Totp | Passkey) or not authenticator.settings.at_login:
        return None
    return None if await visit.tx.credentials.list(user.id, authenticator.name) else authenticator
