"""A device for one-time codes, an app or a piece of hardware: by the clock (RFC 6238) or by a counter (RFC 4226)."""

from __future__ import annotations

import base64
import binascii
import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

import orjson

from idp.authenticators import Refused, hotp
from keys.secret import Secret
from storage.quick import quick

Algorithm = Literal["SHA1", "SHA256", "SHA512"]
Kind = Literal["totp", "hotp"]
HASHES: Final[Mapping[str, str]] = {"SHA1": "sha1", "SHA256": "sha256", "SHA512": "sha512"}
SECRET_BYTES: Final = {"SHA1": 20, "SHA256": 32, "SHA512": 64}  # as long as the hash (RFC 6238 §5.1)
FEWEST_BYTES, MOST_BYTES = 16, 128  # RFC 4226 §4 R6: 128 bits at least
DIGITS: Final = (6, 7, 8)  # that hardware shows (RFC 4226 §5.3: 6 at least, 7 and 8 possible)
PERIODS: Final = range(15, 121)  # seconds
FARTHEST = 20  # steps that a device's clock may wander by itself; an operator may set it further


@quick
@dataclass(frozen=True, slots=True)
class Device:
    """What a credential holds, as it was when it was enrolled."""

    secret: bytes = field(repr=False)
    digits: int = 6
    period: int = 30
    algorithm: str = "SHA1"
    pin: str = field(default="", repr=False)
    kind: str = "totp"
    serial: str = ""  # of hardware in the inventory

    @classmethod
    def parse(cls, content: bytes) -> Device:
        """The device behind sealed content that `dump` has made."""
        value: dict[str, Any] = orjson.loads(content)
        value["secret"] = hotp.decode(value["secret"])
        return cls(**value)

    def dump(self) -> bytes:
        """As it is sealed. What most devices have is left out."""
        kept = {one.name: getattr(self, one.name) for one in dataclasses.fields(self)}
        optional = ("kind", "serial") if self.kind == "totp" and not self.serial else ()
        return orjson.dumps(
            {name: value for name, value in kept.items() if name not in optional} | {"secret": self.base32}
        )

    @property
    def base32(self) -> str:
        """The secret as apps take it."""
        return base64.b32encode(self.secret).decode().rstrip("=")

    def shows(self, steps: Iterable[int]) -> list[str]:
        """What its owner types at each of these steps or counters, with the PIN behind it."""
        codes, pin = hotp.codes(self.secret, steps, self.digits, HASHES[self.algorithm]), self.pin
        return [code + pin for code in codes]

    def code(self, step: int) -> str:
        return hotp.code(self.secret, step, self.digits, HASHES[self.algorithm])

    def clock(self, now: int) -> int:
        """The step of a device by time whose clock is right."""
        return now // self.period

    def drift(self, step: int, before: int, now: int) -> int:
        """How far ahead its clock is, if it shows this step now: no further than it may wander by itself.

        `before` is what is known of it, possibly from an operator, who may have set it further. 0 for a counter.
        """
        if self.kind == "hotp":
            return 0
        low, high = min(before, -FARTHEST), max(before, FARTHEST)
        return max(low, min(high, step - self.clock(now)))


def checked(device: Device) -> Device:
    """The device if we can work with it. Raises `Refused` with what is wrong."""
    if not FEWEST_BYTES <= len(device.secret) <= MOST_BYTES:
        raise Refused("length", f"a secret has {FEWEST_BYTES * 8} to {MOST_BYTES * 8} bits")
    if device.kind not in get_args(Kind):
        raise Refused("kind", "a token is of kind hotp or totp")
    if device.algorithm not in HASHES:
        raise Refused("algorithm", f"an algorithm is one of {', '.join(HASHES)}")
    if device.digits not in DIGITS:
        raise Refused("digits", "a code has 6, 7 or 8 digits")
    if device.period not in PERIODS:
        raise Refused("period", f"a period has {PERIODS[0]} to {PERIODS[-1]} seconds")
    return device


def decode(text: Secret) -> bytes:
    """Base32 as people copy it: any case, in groups, with or without padding. Raises `Refused`."""
    plain = "".join(text.reveal().split()).replace("-", "").rstrip("=").upper()
    try:
        return base64.b32decode(plain + "=" * (-len(plain) % 8))
    except (binascii.Error, ValueError):
        raise Refused("base32", "a secret is written in Base32: letters A–Z and digits 2–7") from None
