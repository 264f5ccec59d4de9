"""What one does twice at once, in two browsers: who is second sees what the first has done, on both databases."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pyotp
import pytest

from idp import attributes, spoken
from idp.authenticators import Refused, table
from idp.authenticators.matrix import Matrix
from idp.authenticators.passkey import Passkey
from idp.authenticators.recovery import CODES, Recovery
from idp.authenticators.totp import Totp
from idp.caller import Caller
from idp.credentials import passkeys, recovery
from idp.credentials.activation import complete, find, issue
from idp.credentials.enrolment import Form
from idp.flow import known_devices
from idp.visit import Visit
from keys.secret import Secret
from keys.token import hash_token, new_token
from storage.mails import ResetLink
from storage.records import User
from tests.login.conftest import NOW, PASSWORD, PATTERN, House
from tests.passkey import SoftKey

Work = Callable[[Visit], Awaitable[Any]]
WAIT_SECONDS = 0.2  # for another that could go on, if it did not have to wait


async def at_once(house: House, works: Sequence[Work], callers: Sequence[Caller] = ()) -> list[Any]:
    """What becomes of each, done in a transaction that ends when all have done theirs, or wait for this one."""
    done = [asyncio.Event() for _ in works]

    async def one(number: int) -> Any:
        caller = callers[number] if callers else house.caller
        try:
            async with house.store.transaction(house.tenant.name) as tx:
                result = await works[number](Visit(tx, house.tenant, caller, NOW))
                done[number].set()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(WAIT_SECONDS):
                        await asyncio.gather(*(each.wait() for each in done))
                return result
        except Refused as refused:
            return refused.rule

    return await asyncio.gather(*(one(number) for number in range(len(works))))


@pytest.fixture
async def dora(house: House) -> User:
    """She has a password, and may have passkeys, recovery codes and two apps."""
    sections = {
        "passkey": table.find("passkey").Settings(passkeys=1).at("https://acme.example.com"),
        "recovery": table.find("recovery").Settings(),
        "totp": table.find("totp").Settings(devices=1),  # type: ignore[call-arg]
    }
    opened = table.open_authenticators(sections, house.tenant.vault)
    house.tenant = dataclasses.replace(house.tenant, authenticators={**house.tenant.authenticators, **opened})
    return await house.add("dora", "token", password={"password": PASSWORD})


async def held(house: House, user: User, kind: str) -> int:
    async with house.store.snapshot(house.tenant.name) as tx:
        return len(await tx.credentials.list(user.id, kind))


async def test_a_user_whom_an_administrator_disables_stays_disabled(house: House, dora: User) -> None:
    """THREAT_MODEL.md 24: Within 1 s of disabling a user: all refuse; nothing that he does at that moment undoes it."""

    async def disable(visit: Visit) -> None:
        person = await visit.tx.users.lock(dora.id)
        assert person is not None
        await visit.tx.users.replace(dataclasses.replace(person, disabled_at=NOW))

    async def speak(visit: Visit) -> None:
        await visit.user(dora.id)  # as he is when he presses
        await spoken.choose(visit, dora.id, "en")

    for works in ([disable, speak], [speak, disable]):
        async with house.store.transaction(house.tenant.name) as tx:
            await tx.users.replace(dora)
        await at_once(house, works)
        async with house.store.snapshot(house.tenant.name) as tx:
            kept = await tx.users.find(dora.id)
        assert kept is not None
        assert kept.disabled_at == NOW


async def test_a_language_is_kept(house: House, dora: User) -> None:
    async with house.store.transaction(house.tenant.name) as tx:
        await spoken.choose(Visit(tx, house.tenant, house.caller, NOW), dora.id, "ja")
        kept = await tx.users.find(dora.id)
    assert kept is not None
    assert attributes.of(kept)["locale"] == "ja"


async def test_who_asks_for_recovery_codes_twice_has_ten(house: House, dora: User) -> None:
    """THREAT_MODEL.md 15: of codes that were made at once in two browsers, those of the second are good alone."""
    codes = house.tenant.authenticators["recovery"]
    assert isinstance(codes, Recovery)

    async def make(visit: Visit) -> Sequence[Secret]:
        return await codes.issue(visit.tx, dora, NOW)

    for _ in range(2):  # without any before, and in place of some
        await at_once(house, [make, make])
        assert await held(house, dora, "recovery") == CODES


async def test_two_passkeys_at_once_are_no_more_than_may_be(house: House, dora: User) -> None:
    """THREAT_MODEL.md 15: limits of devices hold for two that are added at once."""
    passkey = house.tenant.authenticators["passkey"]
    assert isinstance(passkey, Passkey)
    key, browser = SoftKey("https://acme.example.com"), house.caller
    async with house.store.transaction(house.tenant.name) as tx:
        visit = Visit(tx, house.tenant, browser, NOW)
        proposals = [await passkeys.propose(visit, passkey, dora) for _ in range(2)]

    async def add(visit: Visit) -> str:
        proposal = proposals.pop()
        assert proposal is not None
        answer = Secret(key.create(proposal.options))
        return (await passkeys.add(visit, passkey, dora, proposal.state, answer, "mine")).name

    assert sorted(await at_once(house, [add, add])) == ["mine", "passkeys"]
    assert await held(house, dora, "passkey") == 1


async def test_apps_activated_at_once_in_two_browsers_are_no_more_than_may_be(
    house: House, dora: User
) -> None:
    """THREAT_MODEL.md 15: limits of devices hold, too, where one browser is known and the other is not: their guesses
    are counted apart."""
    totp = house.tenant.authenticators["totp"]
    assert isinstance(totp, Totp)
    async with house.store.transaction(house.tenant.name) as tx:
        keeping = dataclasses.replace(house.caller, keeps=True)
        secret = await known_devices.remember(Visit(tx, house.tenant, keeping, NOW), dora, ["totp"])
        link = await issue(tx, totp, dora, NOW)

    async def activate(visit: Visit) -> object:
        found = await find(visit, link)
        assert found is not None
        device = totp.propose(dora, NOW)
        app = pyotp.parse_uri(totp.provisioning(device, "dora", "Acme").reveal())
        assert isinstance(app, pyotp.TOTP)
        return await complete(visit, found, device, Form(Secret(app.at(NOW)), Secret(""), "phone"))

    callers = [house.caller, dataclasses.replace(house.caller, device=secret)]
    assert set(await at_once(house, [activate, activate], callers)) == {1, "devices"}
    assert await held(house, dora, "totp") == 1


async def test_a_pattern_by_a_link_and_one_by_an_operator_are_one(house: House, dora: User) -> None:
    """THREAT_MODEL.md 15: of two that give somebody a new pattern at once, the later one's alone opens."""
    matrix, token = house.tenant.authenticators["matrix"], new_token()
    assert isinstance(matrix, Matrix)
    async with house.store.transaction(house.tenant.name) as tx:
        await tx.credentials.add(matrix.enrol(dora, {"pattern": Secret(PATTERN)}, NOW))
        await tx.reset_links.add(ResetLink(hash_token(token), dora.id, NOW, NOW + 60))

    async def hand_out(visit: Visit) -> None:
        person = await visit.tx.users.lock(dora.id)  # as every command does
        assert person is not None
        await visit.tx.credentials.delete(person.id, matrix.name)
        await visit.tx.credentials.add(matrix.enrol(person, {"pattern": Secret(PATTERN)}, NOW))

    async def redeem(visit: Visit) -> None:
        assert await recovery.redeem(visit, token)

    await at_once(house, [redeem, hand_out])
    assert await held(house, dora, "matrix") == 1
