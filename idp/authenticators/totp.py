"""Time-based one-time codes of an app or a hardware token (RFC 6238)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Final, Literal

import orjson
import pyotp
from pydantic import BaseModel, Field

from idp.authenticators import Prompt, Refused, hotp, phrase
from idp.authenticators.answer import Answer
from idp.authenticators.compare import matches
from idp.authenticators.phrase import PhraseSettings
from idp.authenticators.safe import Safe
from idp.config.model import Model
from keys.seal import Vault
from keys.secret import Secret
from storage import Transaction
from storage.records import Credential, User

HASHES: Final[Mapping[str, str]] = {"SHA1": "sha1", "SHA256": "sha256", "SHA512": "sha512"}
SECRET_BYTES: Final = {"SHA1": 20, "SHA256": 32, "SHA512": 64}  # as long as the hash (RFC 6238 §5.1)
FEWEST_BYTES, MOST_BYTES = 16, 128  # RFC 4226 §4 R6: 128 bits at least
FARTHEST = 20  # steps that a device's clock may be off before it must be set


class TotpSettings(Model):
    """The section `totp`. Digits, period and algorithm are those of new credentials; old ones keep theirs."""

    digits: Literal[6, 8] = 6
    period_seconds: Annotated[int, Field(ge=15, le=120)] = 30
    algorithm: Literal["SHA1", "SHA256", "SHA512"] = "SHA1"
    drift_steps: Annotated[int, Field(ge=0, le=5)] = 1  # accepted to either side of the clock as we know it
    pin: PhraseSettings = PhraseSettings()  # typed after the code


class Totp:
    """Verifies codes, each step once."""

    name: ClassVar[str] = "totp"
    amr: ClassVar[tuple[str, ...]] = ("otp",)
    factor: ClassVar[Literal["knowledge", "possession", "inherence"]] = "possession"
    compares: ClassVar[bool] = True
    shows: ClassVar[bool] = False
    at_once: ClassVar[bool] = True
    Settings: ClassVar[type[BaseModel]] = TotpSettings
    fields: ClassVar[tuple[str, ...]] = ("secret", "pin")

    def __init__(self, settings: TotpSettings, vault: Vault) -> None:
        self._settings = settings
        self._safe = Safe(vault, self.name, self._content(self._new_secret(), ""))

    @property
    def width(self) -> int:
        """Of a code as new devices show it, without a PIN."""
        return self._settings.digits

    async def challenge(self, tx: Transaction, user: User | None, now: int) -> Prompt:
        return {}

    async def verify(
        self, tx: Transaction, user: User | None, prompt: Prompt, answer: Answer, now: int
    ) -> bool:
        for held in await self._safe.open(tx, user):
            device = _Device.parse(held.content)
            clock = now // device.period
            step = self._step(device, clock + held.credential.drift, answer)
            if step is not None and held.genuine:
                drift = max(-FARTHEST, min(FARTHEST, step - clock))
                # Of many that bring this step at once, the store lets one through.
                if await tx.credentials.advance(held.credential.id, step, drift, now):
                    return True
        return False

    def enrol(self, user: User, given: Mapping[str, Secret], now: int) -> Credential:
        """Takes `secret` in Base32, freshly made where it is empty, and `pin`. Raises `Refused`."""
        text = given.get("secret", Secret(""))
        secret = _decode(text) if text else self._new_secret()
        pin = phrase.accept(given.get("pin", Secret("")), self._settings.pin, "PIN")
        return self._safe.seal(user, self._content(secret, pin), now)

    def provisioning(self, credential: Credential, username: str, issuer: str) -> Secret:
        """The `otpauth` address that an app reads from a QR code, with the secret. People see `issuer`."""
        device = _Device.parse(self._safe.unseal(credential))
        totp = pyotp.TOTP(
            base64.b32encode(device.secret).decode().rstrip("="),
            digits=device.digits,
            digest=getattr(hashlib, HASHES[device.algorithm]),
            interval=device.period,
        )
        return Secret(totp.provisioning_uri(name=username, issuer_name=issuer))

    def _step(self, device: _Device, middle: int, given: Answer) -> int | None:
        """The step whose code was given; `middle` is what the device should show."""
        around = self._settings.drift_steps
        steps = range(max(0, middle - around), middle + around + 1)
        fitting = matches(given, map(device.shows, steps))
        return next((step for step, fits in zip(steps, fitting, strict=True) if fits), None)

    def _new_secret(self) -> bytes:
        return secrets.token_bytes(SECRET_BYTES[self._settings.algorithm])

    def _content(self, secret: bytes, pin: str) -> bytes:
        return orjson.dumps(
            {
                "secret": base64.b32encode(secret).decode().rstrip("="),
                "digits": self._settings.digits,
                "period": self._settings.period_seconds,
                "algorithm": self._settings.algorithm,
                "pin": pin,
            }
        )


@dataclass(frozen=True, slots=True)
class _Device:
    """What a credential holds, as it was when it was enrolled."""

    secret: bytes = field(repr=False)
    digits: int
    period: int
    algorithm: str
    pin: str = field(repr=False)

    @classmethod
    def parse(cls, content: bytes) -> _Device:
        value = orjson.loads(content)
        return cls(
            hotp.decode(value["secret"]), value["digits"], value["period"], value["algorithm"], value["pin"]
        )

    def shows(self, step: int) -> str:
        """What its owner types, with the PIN behind it."""
        return hotp.code(self.secret, step, self.digits, HASHES[self.algorithm]) + self.pin


def _decode(text: Secret) -> bytes:
    """Base32 as people copy it: any case, in groups, with or without padding."""
    plain = "".join(text.reveal().split()).replace("-", "").rstrip("=").upper()
    try:
        secret = base64.b32decode(plain + "=" * (-len(plain) % 8))
    except (binascii.Error, ValueError):
        raise Refused("base32", "a secret is written in Base32: letters A–Z and digits 2–7") from None
    if not FEWEST_BYTES <= len(secret) <= MOST_BYTES:
        raise Refused("length", f"a secret has {FEWEST_BYTES * 8} to {MOST_BYTES * 8} bits")
    return secret
