"""Activating a device for one-time codes: proposed, shown, and kept once a code of it was given."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from idp.authenticators import Refused
from idp.authenticators.totp import Totp
from idp.flow import release
from idp.flow.guess import Guess, Wrong, spend
from idp.mail.queue import changed
from idp.tenant import Tenant
from idp.visit import Visit
from keys.secret import Secret
from storage.records import Credential, Interaction, User

QUESTION: Final = "activate"  # what the page asks instead of the authenticator's own question
PIN, NAME = "activate.pin", "activate.name"  # what it asks besides
TAKEN: Final = "devices"  # the rule that says how many there may be
LONGEST_NAME: Final = 40  # characters of a device's name


@dataclass(frozen=True, slots=True)
class Form:
    """What came with the code of a new device."""

    code: Secret
    pin: Secret
    name: str

    @classmethod
    def read(cls, code: Secret, typed: Callable[[str], Secret] | Secret) -> Form:
        """From an answer, and from the form that it stood in if there was one."""
        if isinstance(typed, Secret):
            return cls(code, Secret(""), "")
        return cls(code, typed(PIN), typed(NAME).reveal())

    @property
    def device_name(self) -> str:
        """What can be seen of the name, on one line."""
        return device_name(self.name)


def device_name(typed: str) -> str:
    """What can be seen of a name, on one line."""
    words = "".join(c if c.isprintable() else " " for c in typed).split()
    return " ".join(words)[:LONGEST_NAME]


def proposed(interaction: Interaction) -> Credential | None:
    """The device that the open question is about, if it is about one."""
    if not interaction.chain or interaction.user_id is None or QUESTION not in interaction.prompt:
        return None
    return unpack(interaction.prompt[QUESTION], interaction.user_id, interaction.chain[0])


def shown(tenant: Tenant, authenticator: Totp, credential: Credential, username: str, refused: str) -> Any:
    """What a page needs to show the device; secrets as such. `refused` is the rule that a PIN broke, or empty."""
    address = authenticator.provisioning(credential, username, issuer(tenant))
    return {
        "address": address,
        # Behind the fragment, which no browser sends and no server logs.
        "app": Secret(f"{tenant.url('/token/')}#{address.reveal()}"),
        "groups": authenticator.groups(credential),
        "digits": authenticator.settings.digits,
        "pin": authenticator.settings.pin,
        "refused": refused,
    }


def issuer(tenant: Tenant) -> str:
    """What devices call the tenant, in whatever language they were activated."""
    settings = tenant.settings
    return settings.display_name.get(settings.locales[0]) or next(iter(settings.display_name.values()))


async def complete(
    visit: Visit,
    authenticator: Totp,
    credential: Credential,
    user: User,
    form: Form,
    *,
    service: str,
    most: int,
) -> Credential | Wrong:
    """Keep the device if the code is its, and the user has fewer than `most` before it.

    Raises `Refused` for the PIN, before the code is looked at, or for one device too many;
    `Busy`; `storage.Duplicate` where it is kept already.
    """
    pin = authenticator.accept_pin(form.pin)
    confirmed: Credential | None = None

    async def is_right() -> bool:
        nonlocal confirmed
        confirmed = authenticator.confirm(credential, form.code, pin, form.device_name, visit.now)
        return confirmed is not None

    # No release is asked for: what would be guessed stands on the page that asks.
    guess = Guess(user.login_name, user.id, authenticator.name, service, authenticator.at_once)
    wrong = await spend(visit, guess, is_right, leave=release.FREE)
    if wrong is not None:
        return wrong
    assert confirmed is not None
    await visit.tx.users.lock(user.id)  # of two at once, from wherever, the second counts the first's
    if await apps(visit, user, authenticator.name, credential.id) >= most:
        raise Refused(TAKEN, f"there are {most} devices already")
    await visit.tx.credentials.add(confirmed)
    about = {"username": user.login_name, "authenticator": authenticator.name, "device": confirmed.name}
    await visit.record("credential.activated", user_id=user.id, service=service, **about)
    await changed(visit.tx, visit.tenant, "device", user, visit.now, address=visit.caller.whence)
    return confirmed


async def apps(visit: Visit, user: User, authenticator: str, but: str = "") -> int:
    """How many apps the user has besides the one with the id `but`; hardware is not counted."""
    hardware = {each.credential_id for each in await visit.tx.hardware_tokens.list_of(user.id)}
    held = await visit.tx.credentials.list(user.id, authenticator)
    return sum(each.id not in hardware and each.id != but for each in held)


def pack(credential: Credential) -> dict[str, Any]:
    """A proposed device as JSON: what it holds is sealed for its user and its row."""
    sealed = base64.urlsafe_b64encode(credential.sealed).decode()
    return {QUESTION: f"{credential.id}.{credential.created_at}.{sealed}"}


def unpack(unverified_text: str, user_id: str, authenticator: str) -> Credential | None:
    """The proposed device; whether it is ours and for this user shows when it is opened. None for nonsense."""
    parts = unverified_text.split(".")
    try:
        credential_id, created_at = parts[0], int(parts[1])
        sealed = base64.urlsafe_b64decode(parts[2])
    except (IndexError, ValueError, binascii.Error):
        return None
    return Credential(credential_id, user_id, authenticator, sealed, created_at, created_at)
