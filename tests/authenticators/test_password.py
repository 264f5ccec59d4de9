"""Passwords: Argon2id, as long as people like, and never more at once than the machine bears."""

from __future__ import annotations

import asyncio
import dataclasses
import time

import argon2
import pytest

from idp.authenticators import Busy, Refused
from idp.authenticators.password import Password
from idp.authenticators.password.hashing import EXECUTOR, OWASP, THREADS, decoy_hash, is_hash_of
from keys.secret import Secret
from tests.authenticators.person import NOW, TENANT, Person

PASSWORD = "correct horse battery"


def password(person: Person, **settings: int) -> Password:
    opened = person.open("password", **settings)
    assert isinstance(opened, Password)
    return opened


async def test_the_password_and_no_other_proves_the_user(alice: Person) -> None:
    authenticator = password(alice)
    await alice.enrol(authenticator, password=PASSWORD)
    assert await alice.verify(authenticator, PASSWORD, NOW + 5)
    for wrong in ("", "wrong", PASSWORD.upper(), PASSWORD + " ", " " + PASSWORD, PASSWORD + "\0"):
        assert not await alice.verify(authenticator, wrong)
    (credential,) = await alice.held(authenticator)
    assert credential.last_used_at == NOW + 5


async def test_a_password_is_the_same_however_the_keyboard_composes_it(alice: Person) -> None:
    """NIST SP 800-63B §5.1.1.2: normalised by NFKC before it is hashed."""
    authenticator = password(alice)
    await alice.enrol(authenticator, password="パスワードは秘密です é")
    assert await alice.verify(authenticator, "ﾊﾟｽﾜｰﾄﾞは秘密です é")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("1234567", "too-short"),
        ("", "too-short"),
        ("ﾊﾟｽﾜｰﾄﾞ", "too-short"),
        ("x" * 1025, "too-long"),
        ("x" * 10**6, "too-long"),
    ],
)
def test_a_password_has_8_to_1024_characters(alice: Person, text: str, rule: str) -> None:
    with pytest.raises(Refused) as refused:
        password(alice).enrol(alice.user, {"password": Secret(text)}, NOW)
    assert refused.value.rule == rule


@pytest.mark.parametrize(
    "text", ["12345678", "        ", "aaaaaaaa", "秘密の言葉を八つ", "x" * 1024, "🔑" * 8]
)
async def test_no_rule_of_composition_is_imposed(alice: Person, text: str) -> None:
    authenticator = password(alice)
    await alice.enrol(authenticator, password=text)
    assert await alice.verify(authenticator, text)


async def test_the_policy_may_want_longer_ones(alice: Person) -> None:
    authenticator = password(alice, min=15)
    with pytest.raises(Refused):
        await alice.enrol(authenticator, password="x" * 14)
    await alice.enrol(authenticator, password="x" * 15)


async def test_what_follows_the_longest_password_is_not_ignored(alice: Person) -> None:
    authenticator = password(alice)
    await alice.enrol(authenticator, password="x" * 1024)
    for more in ("x" * 1025, "x" * 1024 + "\0", "x" * 1024 + "ﾞ" * 10**5, "x" * 10**6):
        assert not await alice.verify(authenticator, more)


async def test_a_lone_surrogate_is_a_wrong_password_and_no_accident(alice: Person) -> None:
    authenticator = password(alice)
    await alice.enrol(authenticator, password=PASSWORD)
    assert not await alice.verify(authenticator, "\udc80" * 10)


def test_hashes_are_argon2id_by_the_parameters_of_owasp(alice: Person) -> None:
    authenticator = password(alice)
    credential = authenticator.enrol(alice.user, {"password": Secret(PASSWORD)}, NOW)
    encoded = authenticator._safe.unseal(credential).decode()
    assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert argon2.PasswordHasher().verify(encoded, PASSWORD)


async def test_the_database_never_holds_the_hash_in_clear(alice: Person) -> None:
    """A stolen database without the master key gives no password to guess at."""
    credential = await alice.enrol(password(alice), password=PASSWORD)
    assert b"argon2" not in credential.sealed


async def test_a_hash_by_older_parameters_is_renewed_when_its_password_comes(alice: Person) -> None:
    authenticator = password(alice)
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    await alice.keep(authenticator._safe.seal(alice.user, weak.encode(), NOW))
    assert not await alice.verify(authenticator, "wrong")
    (credential,) = await alice.held(authenticator)
    assert authenticator._safe.unseal(credential).decode() == weak
    assert await alice.verify(authenticator, PASSWORD, NOW + 7)
    (credential,) = await alice.held(authenticator)
    renewed = authenticator._safe.unseal(credential).decode()
    assert argon2.extract_parameters(renewed) == OWASP
    assert (credential.changed_at, credential.last_used_at) == (NOW + 7, NOW + 7)
    assert await alice.verify(authenticator, PASSWORD, NOW + 8)
    (credential,) = await alice.held(authenticator)
    assert credential.changed_at == NOW + 7, "a hash by the present parameters stays"


async def test_the_newest_password_counts(alice: Person) -> None:
    authenticator = password(alice)
    await alice.enrol(authenticator, password="the old password")
    await alice.keep(
        dataclasses.replace(authenticator.enrol(alice.user, {"password": Secret(PASSWORD)}, NOW + 1))
    )
    assert await alice.verify(authenticator, PASSWORD)
    assert not await alice.verify(authenticator, "the old password")


async def test_unknown_users_and_those_without_a_password_are_refused(alice: Person) -> None:
    authenticator = password(alice)
    assert not await alice.verify(authenticator, PASSWORD)
    assert not await alice.verify(authenticator, PASSWORD, unknown=True)


async def test_a_row_copied_to_another_user_does_not_open(alice: Person, mallory: Person) -> None:
    """A row copied to another user does not open, and is answered like a wrong password."""
    authenticator = password(alice)
    own = await mallory.enrol(authenticator, password=PASSWORD)
    await alice.keep(dataclasses.replace(own, id="another-row", user_id=alice.user.id))
    assert not await alice.verify(authenticator, PASSWORD)
    assert await mallory.verify(authenticator, PASSWORD)


def test_a_decoy_is_verified_at_the_cost_of_a_real_hash() -> None:
    """It has the parameters and the shape of a real one, so that the same work is done."""
    decoy = decoy_hash()
    real = argon2.PasswordHasher.from_parameters(OWASP).hash(PASSWORD)
    assert argon2.extract_parameters(decoy) == OWASP
    assert len(decoy) == len(real)
    assert decoy_hash() != decoy
    taken: dict[str, list[float]] = {"decoy": [], "real": []}
    for _ in range(5):
        for name, encoded in (("decoy", decoy), ("real", real)):
            start = time.thread_time()
            assert not is_hash_of(encoded, b"wrong")
            taken[name].append(time.thread_time() - start)
    assert min(taken["decoy"]) > min(taken["real"]) / 2


async def test_busy_comes_before_anything_is_spent(alice: Person) -> None:
    """Where the queue is full, nothing is evaluated, counted or committed; else nobody is sent away."""
    authenticator = password(alice, queue=3)
    await alice.enrol(authenticator, password=PASSWORD)
    committed = 0

    async def attempt(number: int) -> bool | Busy:
        nonlocal committed
        try:
            async with alice.store.transaction(TENANT) as tx:
                await tx.budgets.spend(f"name:{number}", 5, 60, NOW)
                verdict = await authenticator.verify(tx, alice.user, {}, Secret(PASSWORD), NOW)
        except Busy as busy:
            return busy
        committed += 1
        return verdict

    verdicts = await asyncio.gather(*(attempt(number) for number in range(40)))
    async with alice.store.snapshot(TENANT) as tx:
        spent = [number for number in range(40) if await tx.budgets.find(f"name:{number}")]
    proven = [number for number, verdict in enumerate(verdicts) if verdict is True]
    assert spent == proven
    assert len(proven) >= THREADS + 3
    refused = [verdict for verdict in verdicts if isinstance(verdict, Busy)]
    assert len(refused) + len(proven) == 40
    assert {busy.retry_after for busy in refused} <= {1}


async def test_the_queue_is_as_long_as_configured_and_free_again_afterwards() -> None:
    gate = asyncio.Event()
    taken: list[str] = []

    async def hold(queue: int) -> None:
        with EXECUTOR.slot(queue):
            taken.append("in")
            await gate.wait()

    holding = [asyncio.create_task(hold(3)) for _ in range(THREADS + 3)]
    await asyncio.sleep(0)
    assert len(taken) == THREADS + 3
    with pytest.raises(Busy), EXECUTOR.slot(3):
        pass
    with EXECUTOR.slot(4):  # a tenant that lets more wait
        pass
    gate.set()
    await asyncio.gather(*holding)
    with EXECUTOR.slot(0):
        pass


async def test_a_writer_does_not_wait_for_a_hash(alice: Person) -> None:
    """Hashing happens after a commit: others write meanwhile."""
    authenticator = password(alice)
    await alice.enrol(authenticator, password=PASSWORD)
    hashing = asyncio.create_task(alice.verify(authenticator, PASSWORD))
    written = 0
    while not hashing.done():
        async with alice.store.transaction(TENANT) as tx:
            await tx.budgets.spend(f"other:{written}", 5, 60, NOW)
        written += 1
    assert await hashing
    assert written >= 2
