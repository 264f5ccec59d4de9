"""One-time addresses by which people activate devices: issued by an operator, good for a few uses and days."""

from __future__ import annotations

from typing import Final

from idp.audit import record
from idp.authenticators.totp import Totp
from idp.credentials import enrolment
from idp.credentials.enrolment import Form
from idp.flow.guess import Wrong
from idp.visit import Visit
from keys.secret import Secret
from keys.token import hash_token, new_token
from storage import Transaction
from storage.hardware import Activation
from storage.records import Credential, User

PATH: Final = "/activate"
DAY: Final = 86_400  # seconds


class Over(Exception):
    """The address is good for nothing any more."""


async def issue(tx: Transaction, authenticator: Totp, user: User, now: int) -> Secret:
    """A new address's secret. The address before it, and every app activated so far, are void; hardware stays.

    Whoever asks for it anew may have lost his phone: it must open nothing any more.
    """
    hardware = {each.credential_id for each in await tx.hardware_tokens.list_of(user.id)}
    held = await tx.credentials.list(user.id, authenticator.name)
    void = [each.id for each in held if each.id not in hardware]
    for credential_id in void:
        await tx.credentials.delete_one(credential_id)
    secret, settings = new_token(), authenticator.settings
    expires_at = now + settings.activation_days * DAY
    replaced = await tx.activations.replace(
        Activation(hash_token(secret), user.id, authenticator.name, settings.activations, now, expires_at)
    )
    await record(
        tx,
        "activation.issued",
        now,
        user_id=user.id,
        username=user.login_name,
        authenticator=authenticator.name,
        replaced=replaced,
        devices=len(void),
    )
    return secret


async def find(visit: Visit, unverified_secret: Secret) -> tuple[Activation, Totp, User] | None:
    """What a live address is for. None for any that cannot be used, whatever the reason."""
    activation = await visit.tx.activations.find(hash_token(unverified_secret), visit.now)
    user = await visit.user(activation.user_id if activation else None)
    if activation is None or user is None:
        return None
    authenticator = visit.tenant.authenticators.get(activation.authenticator)
    return (activation, authenticator, user) if isinstance(authenticator, Totp) else None


async def complete(
    visit: Visit, found: tuple[Activation, Totp, User], device: Credential, form: Form
) -> int | Wrong:
    """Keep a device that a live address has shown; returns how many more the address is good for.

    Raises what `enrolment.complete` does, and `Over` where the address was used up or replaced meanwhile: then nothing
    of the transaction may be kept.
    """
    activation, authenticator, user = found
    most = authenticator.settings.devices
    outcome = await enrolment.complete(visit, authenticator, device, user, form, service="account", most=most)
    if isinstance(outcome, Wrong):
        return outcome
    left = await visit.tx.activations.consume(activation.token_hash, visit.now)
    if left is None:
        raise Over
    return left
