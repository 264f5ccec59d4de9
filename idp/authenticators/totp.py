"""One-time codes of apps and hardware tokens, by time (RFC 6238) or by a counter (RFC 4226)."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import pyotp
from pydantic import BaseModel, Field

from idp.authenticators import Prompt, phrase
from idp.authenticators.answer import Answer, Hashed
from idp.authenticators.compare import comparable
from idp.authenticators.device import HASHES, SECRET_BYTES, Algorithm, Device, checked, decode
from idp.authenticators.phrase import PhraseSettings
from idp.authenticators.safe import Held, Safe
from idp.config.model import Model
from keys.seal import Vault
from keys.secret import Secret
from storage import Transaction
from storage.records import Credential, User

NONE = Secret("")
GROUP = 4  # letters of a secret that is copied by hand


class TotpSettings(Model):
    """The section `totp`. Digits, period and algorithm are those of new apps; devices keep what they have."""

    digits: Literal[6, 8] = 6
    period_seconds: Annotated[int, Field(ge=15, le=120)] = 30
    algorithm: Algorithm = "SHA1"
    drift_steps: Annotated[int, Field(ge=0, le=5)] = 1  # accepted to either side of the clock as we know it
    look_ahead: Annotated[int, Field(ge=1, le=50)] = 10  # of tokens by counter (RFC 4226 §7.4: small)
    pin: PhraseSettings = PhraseSettings()  # typed after the code
    at_login: bool = True  # who has no device activates one when he signs in, behind another proof
    devices: Annotated[int, Field(ge=1, le=10)] = 2  # apps of one user
    activations: Annotated[int, Field(ge=1, le=10)] = 2  # by one address
    activation_days: Annotated[int, Field(ge=1, le=90)] = 7  # how long an address may be used


class Totp:
    """Verifies codes, each once."""

    name: ClassVar[str] = "totp"
    amr: ClassVar[tuple[str, ...]] = ("otp",)
    factor: ClassVar[Literal["knowledge", "possession", "inherence"]] = "possession"
    compares: ClassVar[bool] = True
    shows: ClassVar[bool] = False
    at_once: ClassVar[bool] = True
    Settings: ClassVar[type[BaseModel]] = TotpSettings
    fields: ClassVar[tuple[str, ...]] = ("secret", "pin")
    account_path: ClassVar[str | None] = "/account/devices"

    def __init__(self, settings: TotpSettings, vault: Vault) -> None:
        self.settings = settings
        self._safe = Safe(vault, self.name, self._fresh().dump())

    @property
    def width(self) -> int:
        """Of a code as new devices show it, without a PIN."""
        return self.settings.digits

    async def challenge(self, tx: Transaction, user: User | None, now: int) -> Prompt:
        return {}

    async def verify(
        self, tx: Transaction, user: User | None, prompt: Prompt, answer: Answer, now: int
    ) -> bool:
        """Looks at as many devices, and at as many codes of each, whoever asks and whatever he holds."""
        held, given = await self._safe.open(tx, user), comparable(answer)
        padding = [self._safe.decoy() for _ in range(self.settings.devices - len(held))]
        for each in (*held, *padding):
            device = Device.parse(each.content)
            step = self._step(device, each.credential, given, now)
            if step is not None and each.genuine and await _advance(tx, device, each, step, now):
                return True
        return False

    def enrol(self, user: User, given: Mapping[str, Secret], now: int) -> Credential:
        """Takes `secret` in Base32, freshly made where it is empty, and `pin`. Raises `Refused`."""
        text = given.get("secret", NONE)
        device = self._fresh()
        if text:
            device = checked(dataclasses.replace(device, secret=decode(text)))
        return self.hold(user, device, given.get("pin", NONE), now)

    def hold(self, user: User, device: Device, pin: Secret, now: int) -> Credential:
        """A credential for a device that exists. Raises `Refused` for the PIN."""
        device = dataclasses.replace(device, pin=self.accept_pin(pin))
        return self._safe.seal(user, device.dump(), now)

    def accept_pin(self, pin: Secret) -> str:
        """The PIN to keep, empty for none. Raises `Refused`."""
        return phrase.accept(pin, self.settings.pin, "PIN")

    def propose(self, user: User, now: int) -> Credential:
        """A fresh device without a PIN, which counts for nothing before `confirm`."""
        return self._safe.seal(user, self._fresh().dump(), now)

    def confirm(self, proposed: Credential, code: Secret, pin: str, name: str, now: int) -> Credential | None:
        """The proposed device with its PIN if this is its code, which then is used; not yet stored.

        Its clock may be off as far as any device's. Raises `keys.seal.Unsealable` for what we did not propose.
        """
        device = Device.parse(self._safe.unseal(proposed))
        step = self._step(device, proposed, comparable(code), now)
        if step is None:
            return None
        counted = dataclasses.replace(
            proposed, counter=step, drift=device.drift(step, 0, now), last_used_at=now, name=name
        )
        return self._safe.reseal(counted, dataclasses.replace(device, pin=pin).dump(), now)

    async def possessed(
        self, tx: Transaction, user: User | None, message: bytes, mac: bytes
    ) -> Credential | None:
        """The app of the user whose secret made the MAC (HMAC-SHA256) of the message; for nobody it costs as much."""
        found: Credential | None = None
        for each in await self._safe.open(tx, user):
            device = Device.parse(each.content)
            right = hmac.compare_digest(hmac.digest(device.secret, message, "sha256"), mac)
            if right and each.genuine and not device.serial:
                found = each.credential
        return found

    async def change_pin(self, tx: Transaction, user: User, pin: str, now: int) -> int:
        """Give all devices of the user this PIN, accepted before; returns how many they are."""
        held = [each for each in await self._safe.open(tx, user) if each.genuine]
        for each in held:
            device = dataclasses.replace(Device.parse(each.content), pin=pin)
            await tx.credentials.reseal(self._safe.reseal(each.credential, device.dump(), now))
        return len(held)

    def provisioning(self, credential: Credential, username: str, issuer: str) -> Secret:
        """The `otpauth` address that an app reads from a QR code, with the secret. People see `issuer`."""
        device = Device.parse(self._safe.unseal(credential))
        totp = pyotp.TOTP(
            device.base32,
            digits=device.digits,
            digest=getattr(hashlib, HASHES[device.algorithm]),
            interval=device.period,
        )
        return Secret(totp.provisioning_uri(name=username, issuer_name=issuer))

    def groups(self, credential: Credential) -> Secret:
        """The secret as people type it into an app, in groups of letters."""
        text = Device.parse(self._safe.unseal(credential)).base32
        return Secret(" ".join(text[at : at + GROUP] for at in range(0, len(text), GROUP)))

    def _step(self, device: Device, credential: Credential, given: Hashed, now: int) -> int | None:
        """The step or counter whose code was given."""
        steps = self._steps(device, credential, now)
        # Filled up with what is computed and never believed: of counters more are looked at than of clocks.
        unbelieved = max(2 * self.settings.drift_steps + 1, self.settings.look_ahead) - len(steps)
        fitting = given.matches(device.shows((*steps, *[0] * unbelieved)))
        return next((step for step, fits in zip(steps, fitting, strict=False) if fits), None)

    def _steps(self, device: Device, credential: Credential, now: int) -> range:
        """What the device may show now."""
        if device.kind == "hotp":
            return range(credential.counter + 1, credential.counter + 1 + self.settings.look_ahead)
        around, middle = self.settings.drift_steps, device.clock(now) + credential.drift
        return range(max(0, middle - around), middle + around + 1)

    def _fresh(self) -> Device:
        settings = self.settings
        secret = secrets.token_bytes(SECRET_BYTES[settings.algorithm])
        return Device(secret, settings.digits, settings.period_seconds, settings.algorithm)


async def _advance(tx: Transaction, device: Device, held: Held, step: int, now: int) -> bool:
    """Of many that bring this step at once, the store lets one through; of hardware, whoever holds it."""
    credential = held.credential
    drift = device.drift(step, credential.drift, now)
    if not await tx.credentials.advance(credential.id, step, drift, now):
        return False
    return not device.serial or await tx.hardware_tokens.advance(device.serial, step, drift, now)
