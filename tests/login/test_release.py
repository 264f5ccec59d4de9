"""Login protect: no answer is looked at before the user's device has released the login, and then in one login."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence

import pyotp
import pytest

from idp.authenticators.device import Device
from idp.authenticators.matrix import Matrix
from idp.authenticators.totp import Totp
from idp.config.protect import ProtectSettings
from idp.credentials import activation
from idp.credentials.enrolment import Form
from idp.flow import direct
from idp.flow import interaction as interactions
from idp.flow.guess import Guess, spend
from idp.outcome import Accept, Challenge, Outcome, Reason, Reject, Resume
from idp.policy import Attempt
from idp.visit import Visit
from keys.secret import Secret
from keys.token import new_id
from storage.records import Interaction
from tests.login.conftest import NOW, PASSWORD, PATTERN, TOTP_SECRET, House
from tests.login.phone import Phone

one_store = pytest.mark.parametrize("storage_url", ["sqlite"], indirect=True)


def protect(house: House, **settings: object) -> None:
    given = ProtectSettings.model_validate({"use": "optional", **settings})
    changed = house.tenant.settings.model_copy(update={"protect": given})
    house.tenant = dataclasses.replace(house.tenant, settings=changed)


@pytest.fixture
async def protected(house: House) -> House:
    """alice and bob as usual, with a tenant that lets people protect themselves."""
    protect(house)
    return house


@pytest.fixture
async def phone(protected: House) -> Phone:
    """Of alice, whose logins it protects."""
    made = Phone(protected, "alice", TOTP_SECRET)
    assert await made.register()
    return made


async def ask(house: House, name: str = "alice") -> Outcome:
    """The first question after the name, in a browser without a session."""
    house.caller = dataclasses.replace(house.caller, session=None)
    return await house.answer(await house.begin(), name)


async def try_in(house: House, name: str = "alice") -> Outcome:
    """One login with right answers."""
    question = await ask(house, name)
    return await house.answer(question, house.right(question))


async def test_a_release_admits_one_login(protected: House, phone: Phone) -> None:
    refused = await try_in(protected)
    assert isinstance(refused, Challenge)
    assert refused.retry
    assert await phone.release() == NOW + 60
    assert isinstance(await try_in(protected), Accept)
    again = await try_in(protected)
    assert isinstance(again, Challenge), "a second login needs a second release"


@one_store
async def test_a_token_that_was_bought_has_no_key(protected: House) -> None:
    """Its secret stands in its maker's list too: whoever has that makes himself nobody's app."""
    hana, totp = await protected.add("hana", "staff"), protected.tenant.authenticators["totp"]
    assert isinstance(totp, Totp)
    bought = Device(pyotp.TOTP(TOTP_SECRET).byte_secret(), serial="987654321")
    async with protected.store.transaction(protected.tenant.name) as tx:
        await tx.credentials.add(totp.hold(hana, bought, Secret(""), NOW))
    assert not await Phone(protected, "hana", TOTP_SECRET).register()


async def test_of_fifty_logins_on_one_release_one_succeeds(protected: House, phone: Phone) -> None:
    """THREAT_MODEL.md 15: Of 50 parallel uses of one login-protect release exactly one succeeds."""
    lockout = protected.tenant.settings.lockout.model_copy(update={"failures": 100})
    changed = protected.tenant.settings.model_copy(update={"lockout": lockout})
    protected.tenant = dataclasses.replace(protected.tenant, settings=changed)
    questions = [await ask(protected) for _ in range(50)]
    assert await phone.release()
    outcomes = await asyncio.gather(*(protected.answer(each, protected.right(each)) for each in questions))
    assert sum(isinstance(each, Accept) for each in outcomes) == 1
    assert await protected.events("login.accepted") == 1


@one_store
async def test_a_release_ends_after_its_time(protected: House, phone: Phone) -> None:
    await phone.release()
    protected.now += 60
    assert isinstance(await try_in(protected), Challenge)


@one_store
async def test_two_releases_at_once_are_one(protected: House, phone: Phone) -> None:
    await phone.release()
    await phone.release()
    assert isinstance(await try_in(protected), Accept)
    assert isinstance(await try_in(protected), Challenge)


@one_store
async def test_a_release_holds_for_all_proofs_of_the_login_that_took_it(protected: House) -> None:
    phone = Phone(protected, "bob", TOTP_SECRET)
    assert await phone.register()
    await phone.release()
    question = await try_in(protected, "bob")
    assert isinstance(question, Challenge)
    assert question.authenticator == "totp"
    protected.now += 120  # as long as the login itself lasts
    question = await protected.answer(question, "000000")
    assert isinstance(await protected.answer(question, protected.right(question)), Accept)


@one_store
async def test_another_name_in_the_same_login_has_no_release(protected: House, phone: Phone) -> None:
    await protected.add(
        "vera", "token", password={"password": "correct horse battery"}, totp={"secret": TOTP_SECRET}
    )
    bob = Phone(protected, "bob", TOTP_SECRET)
    vera = Phone(protected, "vera", TOTP_SECRET)
    assert await bob.register()
    assert await vera.register()
    await bob.release()
    question = await try_in(protected, "bob")
    question = await protected.answer(await protected.show(question, restart=True), "vera")
    refused = await protected.answer(question, protected.right(question))
    assert isinstance(refused, Challenge)
    assert (refused.authenticator, refused.retry) == ("password", True)


@one_store
async def test_guessing_is_pointless_and_locks_nobody_out(protected: House, phone: Phone) -> None:
    """THREAT_MODEL.md 18: outside a release no path looks at an answer, and none of them spends the owner's guesses."""
    for _ in range(6):
        question = await ask(protected)
        last = await protected.answer(question, protected.right(question))
    assert isinstance(last, Reject)
    assert last.reason == Reason.LOCKED, "as strangers see any name"
    await phone.release()
    assert isinstance(await try_in(protected), Accept)


@one_store
async def test_wrong_answers_within_a_release_are_counted(protected: House, phone: Phone) -> None:
    """THREAT_MODEL.md 18: the answers within a release have a budget like any others."""
    await phone.release()
    for _ in range(5):
        question = await ask(protected)
        await protected.answer(question, protected.wrong(question))
    assert isinstance(await try_in(protected), Reject)
    await phone.release()
    assert isinstance(await try_in(protected), Accept)


@one_store
async def test_whoever_is_protected_looks_like_a_name_that_nobody_has(protected: House, phone: Phone) -> None:
    """THREAT_MODEL.md 20: unknown and protected users: the same questions and the same words, up to the lock, whether
    the answer is right or wrong; and the same work, on what nobody holds."""

    def looks(outcome: Outcome) -> object:
        if isinstance(outcome, Challenge):
            return outcome.authenticator, outcome.retry, outcome.stale, outcome.last_try, set(outcome.prompt)
        assert isinstance(outcome, Reject)
        return outcome.reason, outcome.until, outcome.message

    looked_at: list[str | None] = []
    matrix = protected.tenant.authenticators["matrix"]
    assert isinstance(matrix, Matrix)
    proven = matrix.proven

    async def watched(tx: object, user: object, *rest: object) -> object:
        looked_at.append(getattr(user, "username", None))
        return await proven(tx, user, *rest)  # type: ignore[arg-type]

    matrix.proven = watched  # type: ignore[assignment, method-assign]
    seen: dict[str, list[object]] = {"alice": [], "nobody": []}
    for name, outcomes in seen.items():
        for number in range(6):
            question = await ask(protected, name)
            text = protected.right(question) if number % 2 else protected.wrong(question)
            outcomes.append(looks(await protected.answer(question, text)))
    assert seen["alice"] == seen["nobody"]
    assert looked_at == [None] * 10


async def test_what_is_signed_counts_once_for_one_purpose_and_one_user(
    protected: House, phone: Phone
) -> None:
    """THREAT_MODEL.md 13: a value made for one purpose is never taken for another: forged, replayed, late, another
    device's, another tenant's and another purpose's signatures release nothing."""
    other = Phone(protected, "bob", TOTP_SECRET)
    assert await other.register()
    good = await phone.sign()
    assert await phone.send(good)
    bad = {
        "replayed": good,
        "forged": dataclasses.replace(await phone.sign(), signature=bytes(64)),
        "other device": dataclasses.replace(await phone.sign(), signature=(await other.sign()).signature),
        "other purpose": await phone.sign("stop"),
        "other tenant": await phone.sign(issuer="https://other.example.com"),
        "other user": await phone.sign(user="id-bob"),
        "other time": dataclasses.replace(await phone.sign(until=NOW + 999), until=NOW + 999),
        "other challenge": dataclasses.replace(await phone.sign(), challenge=(await other.sign()).challenge),
        "old challenge": await phone.sign(),
    }
    await phone.sign()  # a fresh one takes the place of the last
    assert {name for name, signed in bad.items() if await phone.send(signed)} == set()
    late = await phone.sign()
    protected.now += 60
    assert await phone.send(late) is None
    assert not await phone.stop(await phone.sign("release"))


async def test_of_many_who_send_one_answer_one_releases(protected: House, phone: Phone) -> None:
    """THREAT_MODEL.md 15: one challenge is answered once."""
    signed = await phone.sign()
    assert sum(bool(each) for each in await asyncio.gather(*(phone.send(signed) for _ in range(20)))) == 1


@one_store
async def test_a_key_is_registered_by_the_device_and_soon(protected: House) -> None:
    phone = Phone(protected, "alice", TOTP_SECRET)
    assert not await phone.register(mac=bytes(32))
    assert not await phone.register(username="bob"), "the name is authenticated too"
    assert not await phone.register(username="nobody")
    assert not await phone.register(x="AA", y="AA")
    assert await phone.register()
    assert await phone.register(), "a lost answer is asked for again"
    assert not await Phone(protected, "alice", TOTP_SECRET).register(), "a device has one key"
    late = Phone(protected, "bob", TOTP_SECRET)
    protected.now += 3600
    assert not await late.register()
    question = await try_in(protected, "bob")
    assert isinstance(question, Challenge)
    assert not question.retry, "he is not protected"


@one_store
async def test_a_stolen_row_does_not_open(protected: House, phone: Phone) -> None:
    """THREAT_MODEL.md 30: a row copied to another user does not open: a key planted there releases nothing."""
    assert phone.known
    async with protected.store.transaction(protected.tenant.name) as tx:
        await tx.releases.delete_key(phone.known.id)
        (device,) = await tx.credentials.list("id-bob", "totp")
        phone.known = dataclasses.replace(phone.known, user_id="id-bob", credential_id=device.id)
        assert await tx.releases.add_key(phone.known)
    assert await phone.release() is None


@one_store
async def test_the_app_can_stop_and_the_operator_can(protected: House, phone: Phone) -> None:
    assert await phone.stop()
    assert isinstance(await try_in(protected), Accept)
    assert await phone.register()
    async with protected.store.transaction(protected.tenant.name) as tx:
        assert await tx.releases.delete_keys("id-alice") == 1
    assert isinstance(await try_in(protected), Accept)


@one_store
async def test_with_its_device_the_key_goes(protected: House, phone: Phone) -> None:
    async with protected.store.transaction(protected.tenant.name) as tx:
        await tx.credentials.delete("id-alice", "totp")
    assert isinstance(await try_in(protected), Accept)


@one_store
@pytest.mark.parametrize("groups", [(), ("staff",)])
async def test_where_it_is_required_nobody_gets_in_without(house: House, groups: tuple[str, ...]) -> None:
    protect(house, use="required", groups=groups)
    assert isinstance(await try_in(house), Challenge)
    phone = Phone(house, "alice", TOTP_SECRET)
    assert await phone.register()
    await phone.release()
    assert isinstance(await try_in(house), Accept)
    entered = await try_in(house, "bob")
    assert isinstance(entered, Challenge)
    assert entered.retry != bool(groups), "bob is not of the staff"


@one_store
async def test_where_it_is_off_keys_count_for_nothing(protected: House, phone: Phone) -> None:
    signed = await phone.sign()
    protect(protected, use="never")
    assert await phone.send(signed) is None
    assert isinstance(await try_in(protected), Accept)


@one_store
async def test_a_disabled_user_releases_nothing(protected: House, phone: Phone) -> None:
    """THREAT_MODEL.md 24: within 1 s of disabling a user his app releases nothing."""
    async with protected.store.transaction(protected.tenant.name) as tx:
        person = await tx.users.find("id-alice")
        assert person
        await tx.users.replace(dataclasses.replace(person, disabled_at=NOW))
    assert await phone.release() is None


async def direct_login(house: House, name: str, phone: Phone | None, answers: Sequence[str]) -> list[object]:
    """As a NAS's: each step an interaction of another id, which the door keeps."""
    attempt = Attempt("radius", "wiki", house.caller.address, house.now)
    seen: list[object] = []
    async with house.store.transaction(house.tenant.name) as tx:
        visit = Visit(tx, house.tenant, house.caller, house.now)
        begun = interactions.new(visit, attempt, Resume("radius", {}), None)
        found = await direct.identify(visit, begun, name)
        assert isinstance(found, tuple)
        step, user = found
    if phone:
        await phone.release()
    for text in answers:
        async with house.store.transaction(house.tenant.name) as tx:
            visit = Visit(tx, house.tenant, house.caller, house.now)
            outcome = await direct.answer(visit, step, user, Secret(text))
        seen.append(outcome)
        if isinstance(outcome, Reject):
            break
        step = dataclasses.replace(outcome, id=new_id())
    return seen


@one_store
async def test_logins_that_bring_their_answers_need_a_release_too(protected: House) -> None:
    """THREAT_MODEL.md 18: RADIUS and ECP check no secret of a protected user outside a release; one lets all proofs of
    one login through, though each step of it is kept anew."""
    phone = Phone(protected, "bob", TOTP_SECRET)
    assert await phone.register()
    right = [PASSWORD, pyotp.TOTP(TOTP_SECRET).at(NOW)]
    (refused,) = await direct_login(protected, "bob", None, right)
    assert isinstance(refused, Reject)
    assert refused.reason == Reason.REFUSED
    *_, last = await direct_login(protected, "bob", phone, right)
    assert isinstance(last, Interaction)
    assert last.chain == ()
    (again,) = await direct_login(protected, "bob", None, right)
    assert isinstance(again, Reject)


@one_store
async def test_a_page_that_checks_a_secret_by_itself_needs_a_release(protected: House, phone: Phone) -> None:
    """THREAT_MODEL.md 18: a change of a proof, and every path that spends a guess, is closed without one."""
    looked = 0

    async def is_right() -> bool:
        nonlocal looked
        looked += 1
        return True

    async def change() -> bool:
        async with protected.store.transaction(protected.tenant.name) as tx:
            visit = Visit(tx, protected.tenant, protected.caller, NOW)
            return await spend(visit, Guess("alice", "id-alice", "totp", "account"), is_right) is None

    assert not await change()
    assert looked == 0
    await phone.release()
    assert await change()
    assert not await change()


@one_store
async def test_a_device_is_activated_without_a_release(house: House) -> None:
    """Its page shows the secret that answers it; and whoever lost his phone needs another to release anything."""
    protect(house, use="required")
    totp = house.tenant.authenticators["totp"]
    assert isinstance(totp, Totp)
    user = await house.add("zoe", "staff", matrix={"pattern": PATTERN})
    async with house.store.transaction(house.tenant.name) as tx:
        visit = Visit(tx, house.tenant, house.caller, NOW)
        found = await activation.find(visit, await activation.issue(tx, totp, user, NOW))
        assert found
        device = totp.propose(user, NOW)
        secret = totp.groups(device).reveal().replace(" ", "")
        form = Form(Secret(pyotp.TOTP(secret).at(NOW)), Secret(""), "phone")
        assert await activation.complete(visit, found, device, form) == 1
    assert isinstance(await try_in(house, "zoe"), Challenge)
    phone = Phone(house, "zoe", secret)
    assert await phone.register()
    await phone.release()
    assert isinstance(await try_in(house, "zoe"), Accept)
