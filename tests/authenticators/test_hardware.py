"""Tokens of hardware: by counter and by time, once each, back in step by two codes."""

from __future__ import annotations

import asyncio

import oathtool  # type: ignore[import-untyped]
import pyotp
import pytest

from idp.authenticators import Refused, hotp
from idp.authenticators.totp import Totp
from keys.seal import Unsealable, Vault
from tests.authenticators.hardware import SEED, SERIAL, assign, found, resynchronise, stock
from tests.authenticators.person import NOW, TENANT, Person

one_store = pytest.mark.parametrize("storage_url", ["sqlite"], indirect=True)
# RFC 4226, Appendix D
RFC_4226 = [
    "755224",
    "287082",
    "359152",
    "969429",
    "338314",
    "254676",
    "287922",
    "162583",
    "399871",
    "520489",
]
HEX = SEED.hex()


def totp(person: Person, **settings: object) -> Totp:
    opened = person.open("totp", **settings)
    assert isinstance(opened, Totp)
    return opened


def counted(counter: int, digits: int = 6) -> str:
    return hotp.code(SEED, counter, digits, "sha1")


@one_store
async def test_the_codes_of_rfc_4226_appendix_d(alice: Person) -> None:
    authenticator = totp(alice)
    await stock(alice)
    assert await assign(alice, authenticator)
    for counter, code in enumerate(RFC_4226):
        assert not await alice.verify(authenticator, "000000")
        assert await alice.verify(authenticator, code), counter
        assert not await alice.verify(authenticator, code), "used"


def test_the_codes_of_another_implementation() -> None:
    for counter in (1, 255, 2**31, 2**40):  # it takes 0 for none given
        assert counted(counter) == str(oathtool.generate_otp("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", counter))


@one_store
async def test_codes_that_were_shown_and_not_used_are_skipped_within_the_window(alice: Person) -> None:
    authenticator = totp(alice, look_ahead=5)
    await stock(alice)
    await assign(alice, authenticator)
    assert not await alice.verify(authenticator, counted(5))
    assert await alice.verify(authenticator, counted(4))
    for behind in range(5):
        assert not await alice.verify(authenticator, counted(behind))
    assert not await alice.verify(authenticator, counted(10))
    assert await alice.verify(authenticator, counted(9))


@one_store
async def test_a_token_by_time_keeps_its_digits_and_takes_a_pin(alice: Person) -> None:
    authenticator = totp(alice)
    await stock(alice, "totp", digits=8)
    assert await assign(alice, authenticator, pin="s3cret!")
    code = pyotp.TOTP("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", digits=8).at(NOW)
    assert not await alice.verify(authenticator, code)
    assert await alice.verify(authenticator, code + "s3cret!")
    assert not await alice.verify(authenticator, code + "s3cret!")


@one_store
async def test_two_codes_bring_a_counter_back_and_are_used_up(alice: Person) -> None:
    """RFC 4226 §7.4 and §E.4."""
    authenticator = totp(alice)
    await stock(alice)
    await assign(alice, authenticator)
    assert not await alice.verify(authenticator, counted(300))
    for wrong in (("000000", "000000"), (counted(301), counted(300)), (counted(300), counted(302))):
        assert not await resynchronise(alice, *wrong)
    assert not await resynchronise(alice, counted(1000), counted(1001)), "too far"
    assert await resynchronise(alice, counted(300), counted(301))
    assert not await resynchronise(alice, counted(300), counted(301)), "used"
    for used in (300, 301):
        assert not await alice.verify(authenticator, counted(used))
    assert await alice.verify(authenticator, counted(302))


@one_store
async def test_two_codes_set_a_clock_that_is_hours_off(alice: Person) -> None:
    authenticator = totp(alice)
    await stock(alice, "totp")
    await assign(alice, authenticator)
    step = NOW // 30 + 700
    assert not await alice.verify(authenticator, counted(step))
    assert await resynchronise(alice, counted(step), counted(step + 1))
    assert not await alice.verify(authenticator, counted(step + 1))
    assert await alice.verify(authenticator, counted(step + 2), NOW + 30)
    later = NOW + 3000
    assert await alice.verify(authenticator, counted(later // 30 + 701), later), "and stays so"


@one_store
async def test_a_token_that_changes_hands_goes_on_where_it_was(alice: Person, mallory: Person) -> None:
    """No code counts twice, not for the next owner either, nor when the first one's account is gone."""
    authenticator = totp(alice)
    await stock(alice)
    await assign(alice, authenticator)
    assert await alice.verify(authenticator, counted(3))
    assert not await assign(mallory, authenticator), "alice has it"
    async with alice.store.transaction(TENANT) as tx:
        await tx.users.delete(alice.user.id)
    assert await assign(mallory, authenticator)
    assert not await mallory.verify(authenticator, counted(3))
    assert await mallory.verify(authenticator, counted(4))


@one_store
async def test_a_token_in_stock_can_be_set_right_too(alice: Person) -> None:
    authenticator = totp(alice)
    await stock(alice)
    assert await resynchronise(alice, counted(500), counted(501))
    await assign(alice, authenticator)
    assert await alice.verify(authenticator, counted(502))


@one_store
async def test_a_token_without_the_pin_that_is_required_is_not_given(alice: Person) -> None:
    authenticator = totp(alice, pin={"use": "required"})
    await stock(alice)
    with pytest.raises(Refused):
        await assign(alice, authenticator)
    assert (await found(alice)).user_id is None
    assert await assign(alice, authenticator, pin="1234")


@one_store
async def test_a_stolen_inventory_gives_no_secret_and_a_row_moved_does_not_open(
    alice: Person, vault: Vault
) -> None:
    """THREAT_MODEL.md 30: a stolen database without the master key gives no TOTP secret, of hardware either; a row
    copied to another serial number or tenant does not open."""
    sealed = (await stock(alice)).token.sealed
    assert SEED not in sealed and HEX.encode() not in sealed
    assert vault.open(sealed, "hardware_tokens", SERIAL)
    with pytest.raises(Unsealable):
        vault.open(sealed, "hardware_tokens", "1")


async def test_of_fifty_uses_of_one_counter_exactly_one_succeeds(alice: Person) -> None:
    """THREAT_MODEL.md 15: of 50 parallel uses of one code of a token by counter exactly one succeeds."""
    authenticator = totp(alice)
    await stock(alice)
    await assign(alice, authenticator)
    verdicts = await asyncio.gather(*(alice.verify(authenticator, counted(0)) for _ in range(50)))
    assert sum(verdicts) == 1
    assert (await found(alice)).token.counter == 0
