"""Hardware tokens as their makers deliver them, for the tests of authenticators and of the inventory."""

from __future__ import annotations

from idp.authenticators.device import Device
from idp.authenticators.totp import Totp
from idp.hardware import inventory
from idp.hardware.delivery import Delivered
from keys.secret import Secret
from storage.hardware import Held
from tests.authenticators.person import NOW, TENANT, Person

SEED = b"12345678901234567890"  # of RFC 4226 and RFC 6238
SERIAL = "987654321"


async def stock(
    person: Person, kind: str = "hotp", serial: str = SERIAL, counter: int = -1, digits: int = 6
) -> Held:
    """A token in the inventory, which nobody holds."""
    device = Device(SEED, digits=digits, kind=kind, serial=serial)
    async with person.store.transaction(TENANT) as tx:
        await inventory.add(tx, person.vault, [Delivered(1, device, "Maker", counter)], NOW)
    return await found(person, serial)


async def found(person: Person, serial: str = SERIAL) -> Held:
    async with person.store.snapshot(TENANT) as tx:
        held = await tx.hardware_tokens.find(serial)
    assert held is not None
    return held


async def assign(person: Person, totp: Totp, serial: str = SERIAL, pin: str = "") -> bool:
    held = await found(person, serial)
    async with person.store.transaction(TENANT) as tx:
        return await inventory.assign(tx, totp, person.vault, held, person.user, Secret(pin), NOW)


async def resynchronise(person: Person, *codes: str, now: int = NOW, serial: str = SERIAL) -> bool:
    held = await found(person, serial)
    async with person.store.transaction(TENANT) as tx:
        return await inventory.resynchronise(tx, person.vault, held, codes, now)
