"""Passkeys and recovery codes within a login: second, alone, without a name, and in place of what was lost."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from idp.authenticators import Refused, table
from idp.authenticators.passkey import Passkey
from idp.authenticators.recovery import CODES, Recovery
from idp.config.protect import ProtectSettings
from idp.config.tenant import Lockout
from idp.credentials.passkeys import STATE_SECONDS, add, propose, remove, rename
from idp.flow import instead
from idp.login import Login
from idp.outcome import Accept, Challenge, Outcome, Reason, Reject
from idp.policy import Require, Rule
from idp.visit import Visit
from keys import base64url
from keys.secret import Secret
from keys.token import new_token
from storage.records import Proof, User
from tests.login.conftest import PATTERN, TOTP_SECRET, House
from tests.login.phone import Phone
from tests.passkey import MODEL, SoftKey

ONE_STORE = pytest.mark.parametrize("storage_url", ["sqlite"], indirect=True)
RULES = (
    Rule("alone", Require("alone", ("passkey",)), services=frozenset({"vpn"})),
    Rule("both", Require("both", ("matrix", "passkey")), services=frozenset({"closed"})),
    Rule("others", Require("others", ("matrix", "totp"))),
)
ORIGIN = "https://acme.example.com"
PARALLEL = 50


@dataclasses.dataclass
class Home(House):
    """Where a browser with a passkey walks through the login."""

    def __post_init__(self) -> None:
        self.key = SoftKey(ORIGIN)

    @property
    def passkey(self) -> Passkey:
        found = self.tenant.authenticators["passkey"]
        assert isinstance(found, Passkey)
        return found

    @property
    def recovery(self) -> Recovery:
        found = self.tenant.authenticators["recovery"]
        assert isinstance(found, Recovery)
        return found

    def elsewhere(self) -> Home:
        """Another browser, with the same device."""
        other = dataclasses.replace(
            self, caller=dataclasses.replace(self.caller, browser=new_token(), session=None)
        )
        other.key = self.key
        return other

    def strict(self, failures: int) -> None:
        lockout = Lockout(failures=failures, seconds=600)
        settings = self.tenant.settings.model_copy(update={"lockout": lockout})
        self.tenant = dataclasses.replace(self.tenant, settings=settings)

    async def enrol(self, user: User, name: str = "") -> str:
        async with self.store.transaction(self.tenant.name) as tx:
            visit = Visit(tx, self.tenant, self.caller, self.now)
            proposal = await propose(visit, self.passkey, user)
            assert proposal is not None
            answer = Secret(self.key.create(proposal.options))
            return (await add(visit, self.passkey, user, proposal.state, answer, name)).id

    async def codes(self, user: User) -> list[str]:
        async with self.store.transaction(self.tenant.name) as tx:
            return [code.reveal() for code in await self.recovery.issue(tx, user, self.now)]

    async def post(self, challenge: Outcome, **form: str) -> Outcome:
        """The form of the page, as a browser sends it: a field for each question."""
        assert isinstance(challenge, Challenge)
        async with self.store.transaction(self.tenant.name) as tx:
            visit = Visit(tx, self.tenant, self.caller, self.now)
            return await Login().answer(
                visit,
                challenge.interaction_id,
                challenge.step,
                lambda question: Secret(form.get(question, "")),
            )

    async def other(self, challenge: Outcome) -> Challenge | Reject:
        """The link to another way."""
        assert isinstance(challenge, Challenge)
        async with self.store.transaction(self.tenant.name) as tx:
            visit = Visit(tx, self.tenant, self.caller, self.now)
            return await Login().show(visit, challenge.interaction_id, other="recovery")

    def sign(self, challenge: Outcome, **how: Any) -> str:
        assert isinstance(challenge, Challenge)
        return self.key.get(options(challenge), **how)


def options(challenge: Outcome) -> Mapping[str, Any]:
    assert isinstance(challenge, Challenge)
    shown: Mapping[str, Any] = challenge.prompt.get("passkey", challenge.prompt)["options"]
    return shown


@pytest.fixture
async def home(new_house: Callable[[str], House]) -> Home:
    bare = new_house("acme")
    names = ("matrix", "totp", "passkey", "recovery")
    sections: dict[str, Any] = {name: table.find(name).Settings() for name in names}
    sections["passkey"] = sections["passkey"].at(bare.tenant.settings.base_url)
    authenticators = table.open_authenticators(sections, bare.tenant.vault)
    tenant = dataclasses.replace(bare.tenant, authenticators=authenticators, rules=RULES)
    return Home(bare.store, tenant, bare.caller)


@pytest.fixture
async def alice(home: Home) -> User:
    return await home.add("alice", matrix={"pattern": PATTERN}, totp={"secret": TOTP_SECRET})


@ONE_STORE
async def test_after_another_proof(home: Home, alice: User) -> None:
    await home.enrol(alice)
    challenge = await home.answer(await home.begin("closed"), "alice")
    challenge = await home.answer(challenge, home.right(challenge))
    accepted = await home.answer(challenge, home.sign(challenge))
    assert isinstance(accepted, Accept)
    assert accepted.authentication.amr == ("kba", "swk", "user", "mfa")
    assert accepted.authentication.acr.endswith("multi")


@ONE_STORE
async def test_a_rule_may_look_at_the_model_of_the_passkey_that_was_given(home: Home, alice: User) -> None:
    """Once it was given: it decides what the login is worth, with a user name and without one."""
    model = str(UUID(bytes=MODEL))
    hard = Rule("hard", Require("hard", ("passkey",), "urn:example:hard"), models=frozenset({model}))
    soft = Rule("soft", Require("soft", ("passkey",)))
    home.tenant = dataclasses.replace(home.tenant, rules=(hard, soft))
    await home.enrol(alice)
    challenge = await home.answer(await home.begin(), "alice")
    accepted = await home.answer(challenge, home.sign(challenge))
    assert isinstance(accepted, Accept)
    assert (accepted.authentication.rule, accepted.authentication.acr) == ("hard", "urn:example:hard")
    nameless = home.elsewhere()
    first = await nameless.begin()
    found = await nameless.post(first, passkey=nameless.sign(first))
    assert isinstance(found, Accept) and found.authentication.rule == "hard"
    other = dataclasses.replace(hard, models=frozenset({str(UUID(int=7))}))
    home.tenant = dataclasses.replace(home.tenant, rules=(other, soft))
    again = home.elsewhere()
    challenge = await again.answer(await again.begin(), "alice")
    accepted = await again.answer(challenge, again.sign(challenge))
    assert isinstance(accepted, Accept) and accepted.authentication.rule == "soft"


async def to_first(home: Home, wrong: bool = False) -> Outcome:
    """alice at the question for a passkey, of which she has none."""
    challenge = await home.answer(await home.begin("closed"), "alice")
    return await home.answer(challenge, home.wrong(challenge) if wrong else home.right(challenge))


def made(home: Home, page: Outcome, **how: Any) -> str:
    assert isinstance(page, Challenge)
    assert page.authenticator == "new_passkey", page
    return home.key.create(page.prompt["options"], **how)


async def test_who_has_none_makes_one_behind_another_proof(home: Home, alice: User) -> None:
    """THREAT_MODEL.md 15: of many that answer one page, one is kept; THREAT_MODEL.md 19: an old step keeps nothing.

    It proves its owner at once, and at the next login it is asked for."""
    page = await to_first(home)
    wrong = await home.answer(page, made(home, page, origin="https://evil.example"))
    assert isinstance(wrong, Challenge)
    assert wrong.prompt["refused"] == "passkey"
    assert wrong.prompt["options"]["challenge"] != page.prompt["options"]["challenge"]  # type: ignore[union-attr]
    late = await home.answer(wrong, made(home, page), step="old")
    assert isinstance(late, Challenge)
    assert late.stale
    answers = [made(home, late) for _ in range(10)]
    outcomes = await asyncio.gather(*(home.answer(late, each) for each in answers))
    (accepted,) = (each for each in outcomes if isinstance(each, Accept))
    assert accepted.authentication.amr == ("kba", "swk", "user", "mfa")
    async with home.store.snapshot(home.tenant.name) as tx:
        (kept,) = await tx.credentials.list(alice.id, "passkey")
    assert await home.events("credential.added") == 1
    other = home.elsewhere()
    challenge = await to_first(other)
    assert isinstance(challenge, Challenge)
    assert challenge.authenticator == "passkey"
    (listed,) = options(challenge)["allowCredentials"]
    key_id = base64url.decode(listed["id"].encode())
    assert isinstance(await other.answer(challenge, other.sign(challenge, key_id=key_id)), Accept), kept.id


@ONE_STORE
async def test_nobody_makes_one_as_the_only_proof_or_by_an_old_one(home: Home, alice: User) -> None:
    """THREAT_MODEL.md 22: who sits down at a browser that somebody left makes no passkey there: the proof that the
    session stands on is asked for again. THREAT_MODEL.md 20: without a right answer everybody is shown the same."""
    alone = await home.answer(await home.begin("vpn"), "alice")
    assert isinstance(alone, Challenge)
    assert alone.authenticator == "passkey"
    wrong = await to_first(home.elsewhere(), wrong=True)
    assert isinstance(wrong, Challenge)
    assert wrong.authenticator == "matrix"
    await home.login("alice")
    home.now += 60
    again = await home.begin("closed")
    assert isinstance(again, Challenge)
    assert again.authenticator == "matrix"
    assert made(home, await home.answer(again, home.right(again)))


@ONE_STORE
async def test_where_passkeys_are_added_on_the_account_page_only(home: Home, alice: User) -> None:
    section = table.find("passkey").Settings.model_validate({"at_login": False})
    placed = {"passkey": section.at(home.tenant.settings.base_url)}  # type: ignore[attr-defined]
    opened = table.open_authenticators(placed, home.tenant.vault)
    authenticators = {**home.tenant.authenticators, **opened}
    home.tenant = dataclasses.replace(home.tenant, authenticators=authenticators)
    page = await to_first(home)
    assert isinstance(page, Challenge)
    assert page.authenticator == "passkey"


@ONE_STORE
async def test_one_that_was_added_meanwhile_is_asked_for(home: Home, alice: User) -> None:
    page = await to_first(home)
    await home.elsewhere().enrol(alice)
    asked = await home.answer(page, made(home, page))
    assert isinstance(asked, Challenge)
    assert (asked.authenticator, asked.stale) == ("passkey", True)


@ONE_STORE
async def test_alone_it_is_two_factors_since_it_was_unlocked(home: Home, alice: User) -> None:
    await home.enrol(alice)
    challenge = await home.answer(await home.begin("vpn"), "alice")
    accepted = await home.answer(challenge, home.sign(challenge))
    assert isinstance(accepted, Accept)
    assert accepted.authentication.amr == ("swk", "user", "mfa")


@ONE_STORE
async def test_without_a_name_where_it_is_enough(home: Home, alice: User) -> None:
    """And where it is not, nobody is offered to begin with it."""
    await home.enrol(alice)
    begun = await home.begin("vpn")
    assert "allowCredentials" not in options(begun)
    accepted = await home.post(begun, passkey=home.sign(begun))
    assert isinstance(accepted, Accept)
    assert accepted.authentication.user.id == alice.id
    elsewhere = await home.elsewhere().begin("closed")
    assert isinstance(elsewhere, Challenge)
    assert "passkey" not in elsewhere.prompt
    refused = await home.elsewhere().post(elsewhere, passkey="{}")
    assert isinstance(refused, Reject)


@ONE_STORE
async def test_without_a_name_a_wrong_one_spends_the_guesses_of_its_owner(home: Home, alice: User) -> None:
    """THREAT_MODEL.md 18: Every path that checks a secret spends the same budget."""
    home.strict(2)
    await home.enrol(alice)
    for left in (1, 0):
        browser = home.elsewhere()
        begun = await browser.begin("vpn")
        refused = await browser.post(begun, passkey=browser.sign(begun, origin="https://evil.example"))
        assert isinstance(refused, Challenge if left else Reject)
    browser = home.elsewhere()
    begun = await browser.answer(await browser.begin("vpn"), "alice")
    locked = await browser.answer(begun, browser.sign(begun))
    assert isinstance(locked, Reject)
    assert locked.reason is Reason.LOCKED


@ONE_STORE
async def test_an_answer_that_calls_itself_by_a_name_spends_nobodys_guesses(home: Home, alice: User) -> None:
    """THREAT_MODEL.md 21: A stranger's guesses: who cannot pass the proofs before it does not lock a passkey."""
    home.strict(2)
    await home.enrol(alice)
    stranger = SoftKey(ORIGIN)
    stranger.held = {b"k" * 32: (ec.generate_private_key(ec.SECP256R1()), b"alice")}
    for _ in range(2):
        browser = home.elsewhere()
        begun = await browser.begin("vpn")
        refused = await browser.post(begun, passkey=stranger.get(options(begun)))
    assert isinstance(refused, Reject), "whoever it is, it is locked as others are"
    browser = home.elsewhere()
    begun = await browser.answer(await browser.begin("vpn"), "alice")
    assert isinstance(await browser.answer(begun, browser.sign(begun)), Accept)


@ONE_STORE
async def test_a_passkey_without_a_name_waits_for_a_release_too(home: Home, alice: User) -> None:
    """THREAT_MODEL.md 18: no way around login protect: a passkey of somebody who protects his logins gets in within a
    release only, once; without one its owner is told what is told of a passkey of nobody."""
    await home.enrol(alice)
    changed = home.tenant.settings.model_copy(update={"protect": ProtectSettings(use="optional")})
    home.tenant = dataclasses.replace(home.tenant, settings=changed)
    phone = Phone(home, "alice", TOTP_SECRET)
    assert await phone.register()
    begun = await home.begin("vpn")
    refused = await home.post(begun, passkey=home.sign(begun))
    assert isinstance(refused, Challenge)
    stranger = SoftKey(ORIGIN)
    stranger.held = {b"k" * 32: (ec.generate_private_key(ec.SECP256R1()), b"nobody")}
    elsewhere = home.elsewhere()
    other = await elsewhere.begin("vpn")
    nobodys = await elsewhere.post(other, passkey=stranger.get(options(other)))
    assert isinstance(nobodys, Challenge)
    shown = [(each.authenticator, each.retry, each.last_try, each.username) for each in (refused, nobodys)]
    assert shown[0] == shown[1]
    assert await phone.release()
    accepted = await home.post(refused, passkey=home.sign(refused))
    assert isinstance(accepted, Accept)
    again = await elsewhere.begin("vpn")
    assert isinstance(await elsewhere.post(again, passkey=home.sign(again)), Challenge)


@ONE_STORE
async def test_a_passkey_of_nobody_is_refused_like_any_other(home: Home, alice: User) -> None:
    """THREAT_MODEL.md 20: Unknown and disabled users: same answer."""
    await home.enrol(alice)
    async with home.store.transaction(home.tenant.name) as tx:
        await tx.users.replace(dataclasses.replace(alice, disabled_at=home.now))
    stranger = SoftKey(ORIGIN)
    stranger.held = {b"k" * 32: (ec.generate_private_key(ec.SECP256R1()), b"nobody")}
    shown = []
    for key in (home.key, stranger):
        browser = home.elsewhere()
        begun = await browser.begin("vpn")
        refused = await browser.post(begun, passkey=key.get(options(begun)))
        assert isinstance(refused, Challenge)
        assert "nobody" not in str(refused)
        shown.append((refused.authenticator, refused.username, refused.retry, refused.last_try))
    assert shown == [("username", None, True, False)] * 2


@ONE_STORE
async def test_names_are_asked_alike(home: Home, alice: User) -> None:
    """THREAT_MODEL.md 20: Unknown, disabled, factor-less and real users: the same question with ids of one shape."""
    await home.enrol(alice)
    dora = await home.add("dora", matrix={"pattern": PATTERN})
    async with home.store.transaction(home.tenant.name) as tx:
        await tx.users.replace(dataclasses.replace(dora, disabled_at=home.now))
    await home.add("carol", matrix={"pattern": PATTERN})
    shapes = []
    for name in ("alice", "carol", "dora", "nobody"):
        first, second = [
            await browser.answer(await browser.begin("vpn"), name) for browser in (home, home.elsewhere())
        ]
        assert options(first)["allowCredentials"] == options(second)["allowCredentials"]
        assert isinstance(first, Challenge)
        (listed,) = options(first)["allowCredentials"]
        shapes.append(
            (first.authenticator, first.other, sorted(first.prompt), len(listed["id"]), listed["transports"])
        )
    assert shapes == [shapes[0]] * 4


@ONE_STORE
async def test_what_is_no_answer_advances_nobody(home: Home, alice: User) -> None:
    """THREAT_MODEL.md 19: Empty post, wrong step, old step, another user's step: never advances."""
    await home.enrol(alice)
    challenge = await home.answer(await home.begin("vpn"), "alice")
    signed = home.sign(challenge)
    again = await home.answer(challenge, "")
    assert isinstance(again, Challenge)
    assert again.stale
    old = await home.answer(again, signed)  # signed over the challenge of the page before
    assert isinstance(old, Challenge)
    assert old.retry
    other = await home.answer(old, home.sign(old), step="another")
    assert isinstance(other, Challenge)
    assert other.stale
    assert isinstance(await home.answer(other, home.sign(other)), Accept)


@ONE_STORE
async def test_two_logins_do_not_swap_people(home: Home, alice: User) -> None:
    """THREAT_MODEL.md 17: Two logins in one browser cannot swap identities; another browser cannot finish one."""
    await home.enrol(alice)
    mallory, his = await home.add("mallory"), home.elsewhere()
    his.key = SoftKey(ORIGIN)
    await his.enrol(mallory)
    one = await home.answer(await home.begin("vpn"), "alice")
    other = await home.answer(await home.begin("vpn"), "mallory")
    swapped = await home.answer(one, his.key.get(options(one), key_id=next(iter(his.key.held))))
    assert isinstance(swapped, Challenge)
    assert swapped.retry
    foreign = await his.answer(other, his.sign(other))
    assert isinstance(foreign, Reject)
    assert foreign.reason is Reason.FOREIGN


async def test_of_fifty_uses_of_one_signature_one_succeeds(home: Home, alice: User) -> None:
    """THREAT_MODEL.md 15: Of 50 parallel uses of one assertion exactly one succeeds."""
    await home.enrol(alice)
    challenge = await home.answer(await home.begin("vpn"), "alice")
    signed = home.sign(challenge)
    browsers = [dataclasses.replace(home) for _ in range(PARALLEL)]
    outcomes = await asyncio.gather(*(browser.answer(challenge, signed) for browser in browsers))
    assert sum(isinstance(outcome, Accept) for outcome in outcomes) == 1
    assert await home.events("login.accepted") == 1


async def test_of_fifty_uses_of_one_code_one_succeeds(home: Home, alice: User) -> None:
    """THREAT_MODEL.md 15: Of 50 parallel uses of one recovery code exactly one succeeds, each in a login of its own."""
    home.strict(100)
    code, *_ = await home.codes(alice)

    async def asked(browser: Home) -> tuple[Home, Outcome]:
        return browser, await browser.other(await browser.answer(await browser.begin("vpn"), "alice"))

    questions = [await asked(home.elsewhere()) for _ in range(PARALLEL)]
    outcomes = await asyncio.gather(*(browser.answer(question, code) for browser, question in questions))
    assert sum(isinstance(outcome, Accept) for outcome in outcomes) == 1
    assert await home.events("recovery.used") == 1


async def test_a_hundred_wrong_codes_at_once_are_a_hundred(home: Home, alice: User) -> None:
    """THREAT_MODEL.md 16: 100 parallel wrong guesses are 100 guesses: never more evaluated than the budget allows."""
    await home.codes(alice)
    questions = []
    for _ in range(20):
        browser = home.elsewhere()
        question = await browser.other(await browser.answer(await browser.begin("vpn"), "alice"))
        questions.append((browser, question))
    outcomes = await asyncio.gather(*(browser.answer(question, "0" * 16) for browser, question in questions))
    assert (
        sum(isinstance(outcome, Challenge) for outcome in outcomes)
        == home.tenant.settings.lockout.failures - 1
    )
    assert await home.events("proof.refused") == home.tenant.settings.lockout.failures


@ONE_STORE
async def test_a_code_in_place_of_what_was_lost(home: Home, alice: User) -> None:
    """Once, however it is typed; the code stands in for one proof, and services learn of a one-time code."""
    code, *others = await home.codes(alice)
    assert len({code, *others}) == CODES
    challenge = await home.answer(await home.begin("closed"), "alice")
    assert isinstance(challenge, Challenge)
    assert not challenge.other, "what is known is not replaced"
    challenge = await home.answer(challenge, home.right(challenge))
    assert isinstance(challenge, Challenge)
    assert (challenge.authenticator, challenge.other) == ("new_passkey", True)
    asked = await home.other(challenge)
    assert isinstance(asked, Challenge)
    assert (asked.authenticator, asked.other) == ("recovery", False)
    accepted = await home.answer(
        asked, f" {code.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')}"
    )
    assert isinstance(accepted, Accept)
    assert accepted.authentication.amr == ("kba", "otp", "mfa")
    assert await home.events("recovery.used") == 1
    browser = home.elsewhere()
    challenge = await browser.other(await browser.answer(await browser.begin("vpn"), "alice"))
    again = await browser.answer(challenge, code)
    assert isinstance(again, Challenge)
    assert again.retry
    assert isinstance(await browser.answer(again, others[0]), Accept)


@ONE_STORE
async def test_a_session_by_code_is_one_for_other_services_too(home: Home, alice: User) -> None:
    """Each rule by itself: one proof of it may be missing, and none that was known."""
    (code, *_) = await home.codes(alice)
    challenge = await home.other(await home.answer(await home.begin("vpn"), "alice"))
    assert isinstance(await home.answer(challenge, code), Accept)
    assert isinstance(await home.begin("vpn"), Accept)
    more = await home.begin("closed")
    assert isinstance(more, Challenge)
    assert more.authenticator == "matrix"
    accepted = await home.answer(more, home.right(more))
    assert isinstance(accepted, Accept)
    assert accepted.authentication.amr == ("otp", "kba", "mfa")


@ONE_STORE
async def test_new_codes_end_the_old_ones_and_a_code_is_of_one_user(home: Home, alice: User) -> None:
    (old, *_) = await home.codes(alice)
    await home.codes(alice)
    (hers, *_) = await home.codes(await home.add("mallory"))
    challenge = await home.other(await home.answer(await home.begin("vpn"), "alice"))
    for code in (old, hers, "", "\ud800" * 80):
        challenge = await home.answer(challenge, code)  # type: ignore[assignment]
        assert isinstance(challenge, Challenge)
    async with home.store.transaction(home.tenant.name) as tx:
        assert await home.recovery.left(tx, alice) == CODES


@ONE_STORE
async def test_no_code_is_stored_or_shown(home: Home, alice: User) -> None:
    """THREAT_MODEL.md 30: A stolen database gives no recovery code.

    THREAT_MODEL.md 33: Codes have a type without a repr.
    """
    async with home.store.transaction(home.tenant.name) as tx:
        codes = await home.recovery.issue(tx, alice, home.now)
        rows = repr(await tx.credentials.list(alice.id))
    for code in codes:
        assert code.reveal() not in rows + repr(codes)
        assert code.reveal().replace("-", "") not in rows


@ONE_STORE
async def test_what_its_owner_does_with_it(home: Home, alice: User) -> None:
    """Named, renamed, removed; another's is not there for him, and a proposal is good once, here, for a while."""
    made = await home.enrol(alice, "  work\n phone ")
    mallory = await home.add("mallory")
    async with home.store.transaction(home.tenant.name) as tx:
        visit = Visit(tx, home.tenant, home.caller, home.now)
        assert [each.name for each in await tx.credentials.list(alice.id, "passkey")] == ["work phone"]
        assert not await rename(visit, mallory, made, "mine")
        assert not await remove(visit, mallory, made)
        assert await rename(visit, alice, made, "old phone")
        assert [each.name for each in await tx.credentials.list(alice.id, "passkey")] == ["old phone"]
        with pytest.raises(Refused, match="last"):
            await remove(visit, alice, made)
    other = await home.enrol(alice)
    async with home.store.transaction(home.tenant.name) as tx:
        visit = Visit(tx, home.tenant, home.caller, home.now)
        assert await remove(visit, alice, made)
        assert not await remove(visit, alice, made)
        assert [each.id for each in await tx.credentials.list(alice.id, "passkey")] == [other]
    assert (await home.events("credential.added"), await home.events("credential.removed")) == (2, 1)


@ONE_STORE
async def test_a_proposal_is_good_once_for_a_while_and_here(home: Home, alice: User) -> None:
    """What a browser made for it is kept once; another browser, another user and a late one are refused."""
    mallory, elsewhere = await home.add("mallory"), home.elsewhere()
    async with home.store.transaction(home.tenant.name) as tx:
        here = Visit(tx, home.tenant, home.caller, home.now)
        proposal = await propose(here, home.passkey, alice)
        assert proposal is not None
        answer = Secret(home.key.create(proposal.options))
        others = {
            "browser": (Visit(tx, home.tenant, elsewhere.caller, home.now), alice, proposal.state),
            "user": (here, mallory, proposal.state),
            "late": (dataclasses.replace(here, now=home.now + STATE_SECONDS), alice, proposal.state),
            "invented": (here, alice, "A" * 80),
        }
        for visit, user, state in others.values():
            with pytest.raises(Refused, match="too long"):
                await add(visit, home.passkey, user, state, answer, "")
        await add(here, home.passkey, alice, proposal.state, answer, "")
        with pytest.raises(Refused, match="sent already"):
            await add(here, home.passkey, alice, proposal.state, answer, "")
        again = await propose(here, home.passkey, alice)
        assert again is not None
        with pytest.raises(Refused, match="did not make"):  # signed over the challenge before
            await add(here, home.passkey, alice, again.state, answer, "")


@ONE_STORE
async def test_there_are_only_so_many(home: Home, alice: User) -> None:
    for _ in range(home.passkey.settings.passkeys):
        await home.enrol(alice)
    async with home.store.transaction(home.tenant.name) as tx:
        assert await propose(Visit(tx, home.tenant, home.caller, home.now), home.passkey, alice) is None


@ONE_STORE
async def test_one_code_counts_once(home: Home) -> None:
    """Where a rule asks for a code itself, that code stands in for nothing besides."""
    given = (Proof("recovery", ("otp",), home.now),)
    assert instead.missing(home.tenant, ("recovery", "passkey"), given) == ("passkey",)
    assert instead.missing(home.tenant, ("totp", "passkey"), given) == ("passkey",), "and for one of two"
    assert instead.missing(home.tenant, ("matrix", "passkey"), given) == ("matrix",), (
        "never for what one knows"
    )
