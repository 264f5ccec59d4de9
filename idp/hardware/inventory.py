"""The tenant's hardware tokens: kept sealed for their serial numbers, given to people, taken back, set right."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from idp.authenticators.device import Device
from idp.authenticators.totp import Totp
from idp.hardware.delivery import Delivered
from keys.seal import Vault
from keys.secret import Secret
from storage import Transaction
from storage.hardware import HardwareToken, Held
from storage.records import User

TABLE: Final = "hardware_tokens"
COUNTS: Final = 1000  # how far ahead two codes are looked for (RFC 4226 §E.4)
SECONDS: Final = 86_400  # how far a clock may be off when two codes set it


async def known(tx: Transaction, delivered: Iterable[Delivered]) -> list[Delivered]:
    """Those whose serial numbers are in the inventory already."""
    return [each for each in delivered if await tx.hardware_tokens.find(each.device.serial)]


async def add(tx: Transaction, vault: Vault, delivered: Iterable[Delivered], now: int) -> int:
    """Keep what a maker delivered; returns how many. Raises `storage.Duplicate`."""
    count = 0
    for each in delivered:
        device = each.device
        sealed = vault.seal(device.dump(), TABLE, device.serial)
        token = HardwareToken(
            device.serial, device.kind, each.manufacturer, sealed, now, now, each.counter, each.drift
        )
        await tx.hardware_tokens.add(token)
        count += 1
    return count


async def assign(
    tx: Transaction, totp: Totp, vault: Vault, held: Held, user: User, pin: Secret, now: int
) -> bool:
    """Give a token that nobody holds to a user; its counter goes on. False if somebody has it, or it is lost.

    Raises `Refused` for the PIN.
    """
    token = held.token
    device = Device.parse(vault.open(token.sealed, TABLE, token.serial))
    credential = dataclasses.replace(
        totp.hold(user, device, pin, now), counter=token.counter, drift=token.drift, name=token.serial
    )
    if not await tx.hardware_tokens.assign(token.serial, credential.id, now):
        return False
    await tx.credentials.add(credential)
    return True


async def resynchronise(tx: Transaction, vault: Vault, held: Held, codes: Sequence[str], now: int) -> bool:
    """Set counter or clock by codes that the token showed one after the other; they are used up (RFC 4226 §7.4).

    False if they are not such codes, or were used before.
    """
    token = held.token
    device = Device.parse(vault.open(token.sealed, TABLE, token.serial))
    step = _follow(device.code, _range(device, token.counter, now), codes)
    if step is None:
        return False
    last = step + len(codes) - 1
    drift = 0 if device.kind == "hotp" else last - device.clock(now)
    if not await tx.hardware_tokens.advance(token.serial, last, drift, now):
        return False
    return held.user_id is None or await tx.credentials.advance(token.credential_id, last, drift, now)


def _range(device: Device, counter: int, now: int) -> range:
    if device.kind == "hotp":
        return range(counter + 1, counter + 1 + COUNTS)
    around = SECONDS // device.period
    clock = device.clock(now)
    return range(max(counter + 1, clock - around), clock + around + 1)


def _follow(shows: Callable[[int], str], steps: range, codes: Sequence[str]) -> int | None:
    """The only step from which the codes follow each other. Two places with the same codes are no place."""
    fitting = [
        step for step in steps if all(shows(step + number) == code for number, code in enumerate(codes))
    ]
    return fitting[0] if len(fitting) == 1 else None
