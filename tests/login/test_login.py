"""The login machine by itself, on both databases."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import cast

import pytest

from idp.authenticators import Authenticator, Prompt
from idp.caller import Caller
from idp.flow.wish import Wish
from idp.outcome import Accept, Challenge, Reason, Reject
from idp.policy import Deny, decide
from idp.policy.facts import from_facts
from keys.secret import Secret
from keys.token import new_token
from storage.records import User
from tests.login.conftest import NOW, PATTERN, RULES, House


async def test_a_matrix_and_nothing_else_opens_the_wiki_for_staff(house: House) -> None:
    outcome = await house.login("alice")
    assert isinstance(outcome, Accept)
    assert outcome.authentication.user.username == "alice"
    assert outcome.authentication.amr == ("kba",)
    assert outcome.authentication.acr == "urn:masugata:acr:single"
    assert outcome.authentication.auth_time == NOW
    assert outcome.resume.request == {"client_id": "wiki"}
    assert await house.events("login.accepted") == 1


async def test_a_chain_asks_one_proof_after_the_other(house: House) -> None:
    outcome = await house.login("bob")
    assert isinstance(outcome, Accept)
    assert outcome.authentication.amr == ("pwd", "otp", "mfa")
    assert outcome.authentication.acr == "urn:masugata:acr:multi"


async def test_a_session_that_suffices_is_not_asked_again(house: House) -> None:
    first = await house.login("alice")
    again = await house.begin()
    assert isinstance(first, Accept)
    assert isinstance(again, Accept)
    assert again.session_secret is None
    assert again.authentication.sid == first.authentication.sid


async def test_a_service_that_wants_more_asks_only_for_what_is_missing(house: House) -> None:
    """THREAT_MODEL.md 22: a new session id at every rise in trust."""
    await house.login("alice")
    before = house.caller.session
    more = await house.begin("vpn")
    assert isinstance(more, Challenge)
    assert more.authenticator == "totp"
    outcome = await house.answer(more, house.right(more))
    assert isinstance(outcome, Accept)
    assert outcome.authentication.amr == ("kba", "otp", "mfa")
    assert before is not None
    assert house.caller.session != before
    house.caller = replace(house.caller, session=before)
    assert isinstance(await house.begin(), Challenge), "the old session's secret must be worth nothing"


async def test_carol_is_asked_like_anyone_and_denied_only_after_her_proof(house: House) -> None:
    asked = await house.answer(await house.begin(), "carol")
    assert isinstance(asked, Challenge)
    assert asked.authenticator == "matrix"
    outcome = await house.answer(asked, house.right(asked))
    assert isinstance(outcome, Reject)
    assert outcome.reason is Reason.DENIED
    assert outcome.reference
    assert outcome.is_portal_closed
    assert await house.events("login.denied") == 1


async def test_what_was_decided_stands_with_every_login(house: House) -> None:
    """The rule, its conditions as they were, and what it looked at: enough to decide the login again."""
    assert isinstance(await house.login("alice"), Accept)
    house.caller = replace(house.caller, session=None)
    assert isinstance(await house.login("carol"), Reject)
    async with house.store.snapshot("acme") as tx:
        (accepted,) = await tx.audit.list(event="login.accepted")
        (denied,) = await tx.audit.list(event="login.denied")
    assert (accepted.details["rule"], accepted.details["why"]) == ("staff", "groups staff")
    assert (denied.details["rule"], denied.details["why"]) == ("default", "no rule matches")
    for record, verdict in ((accepted, RULES[2].then), (denied, Deny("default"))):
        attempt = from_facts(record.details["attempt"])
        assert decide(RULES, attempt).verdict == verdict
        assert [each.authenticator for each in attempt.proofs] == ["matrix"]
    assert from_facts(accepted.details["attempt"]).groups == {"staff"}


async def test_a_service_that_nobody_may_enter_says_so_without_asking(house: House) -> None:
    outcome = await house.answer(await house.begin("closed"), "alice")
    assert isinstance(outcome, Reject)
    assert outcome.message == {"en": "Closed."}
    assert not outcome.is_portal_closed, "some may enter the portal, and nobody knows yet who this is"


async def test_who_is_denied_a_service_is_sent_to_the_portal_if_that_is_open_to_him(house: House) -> None:
    await house.login("alice")
    outcome = await house.begin("closed")
    assert isinstance(outcome, Reject)
    assert (outcome.username, outcome.is_portal_closed) == ("alice", False)


async def test_a_wrong_answer_brings_a_new_table(house: House) -> None:
    asked = await house.answer(await house.begin(), "alice")
    assert isinstance(asked, Challenge)
    again = await house.answer(asked, house.wrong(asked))
    assert isinstance(again, Challenge)
    assert again.retry
    assert again.prompt["table"] != asked.prompt["table"]
    assert isinstance(await house.answer(again, house.right(again)), Accept)


@pytest.mark.parametrize("name", ["alice", "nobody", "carol"])
async def test_five_wrong_answers_lock_a_name_whoever_has_it(house: House, name: str) -> None:
    asked = await house.answer(await house.begin(), name)
    for _ in range(3):
        asked = await house.answer(asked, house.wrong(asked))
    asked = await house.answer(asked, house.wrong(asked))
    assert isinstance(asked, Challenge)
    assert asked.last_try
    locked = await house.answer(asked, house.wrong(asked))
    assert isinstance(locked, Reject)
    assert (locked.reason, locked.until) == (Reason.LOCKED, NOW + 1800)
    still = await house.answer(await house.begin(), name)
    refused = await house.answer(still, house.right(still))
    assert isinstance(refused, Reject), "a locked name is asked, and its answer is not looked at"
    assert await house.events("proof.locked") == 1
    house.now = NOW + 1800
    opened = await house.answer(await house.begin(), name)
    outcome = await house.answer(opened, house.right(opened))
    assert isinstance(outcome, Accept) == (name == "alice")


async def test_right_proofs_on_the_way_do_not_give_back_wrong_guesses(house: House) -> None:
    """Whoever knows the password must not be able to guess codes without end."""
    for _ in range(4):
        asked = await house.answer(await house.begin(), "bob")
        code = await house.answer(asked, house.right(asked))
        assert isinstance(code, Challenge)
        assert isinstance(await house.answer(code, house.wrong(code)), Challenge)
    asked = await house.answer(await house.begin(), "bob")
    code = await house.answer(asked, house.right(asked))
    assert isinstance(await house.answer(code, house.wrong(code)), Reject)


async def test_an_empty_answer_an_old_step_and_an_expired_table_are_not_guesses(house: House) -> None:
    """THREAT_MODEL.md 19: empty post, wrong step, old step: never advances."""
    asked = await house.answer(await house.begin(), "alice")
    assert isinstance(asked, Challenge)
    right = house.right(asked)
    for text, step in (("", asked.step), (right, "another"), (right, "")):
        asked = await house.answer(asked, text, step)
        assert isinstance(asked, Challenge)
        assert asked.stale
        assert not asked.retry
    old = asked.step
    asked = await house.show(asked)
    assert isinstance(await house.answer(asked, house.right(asked), old), Challenge)
    asked = await house.show(asked)
    house.now += 180
    late = await house.answer(asked, house.right(asked))
    assert isinstance(late, Challenge)
    assert late.stale
    assert await house.events("proof.refused") == 0
    assert isinstance(await house.answer(late, house.right(late)), Accept)


async def test_another_users_step_does_not_advance(house: House) -> None:
    """THREAT_MODEL.md 19: another user's step never advances."""
    hers = await house.answer(await house.begin(), "alice")
    his = await house.answer(await house.begin(), "bob")
    assert isinstance(hers, Challenge)
    outcome = await house.answer(his, house.right(hers), hers.step)
    assert isinstance(outcome, Challenge)
    assert (outcome.authenticator, outcome.stale) == ("password", True)


async def test_a_login_cannot_be_finished_in_another_browser(house: House) -> None:
    """THREAT_MODEL.md 17: a login begun in one browser cannot be finished in another, nor be ended by it."""
    asked = await house.answer(await house.begin(), "alice")
    mine = house.caller
    house.caller = Caller(ip_address("192.0.2.66"), new_token())
    foreign = await house.answer(asked, house.right(asked))
    assert isinstance(foreign, Reject)
    assert foreign.reason is Reason.FOREIGN
    assert isinstance(await house.show(asked), Reject)
    house.caller = mine
    assert isinstance(await house.answer(asked, house.right(asked)), Accept)


async def test_two_logins_in_one_browser_keep_their_own_user(house: House) -> None:
    """THREAT_MODEL.md 17: two logins in one browser cannot swap identities."""
    hers = await house.answer(await house.begin(), "alice")
    his = await house.answer(await house.begin("vpn"), "bob")
    first = await house.answer(hers, house.right(hers))
    second = await house.answer(his, house.right(his))
    second = await house.answer(second, house.right(second))
    assert isinstance(first, Accept)
    assert isinstance(second, Accept)
    assert (first.authentication.user.username, first.resume.request["client_id"]) == ("alice", "wiki")
    assert (second.authentication.user.username, second.resume.request["client_id"]) == ("bob", "vpn")
    assert first.authentication.sid != second.authentication.sid


async def test_an_answered_interaction_is_over(house: House) -> None:
    asked = await house.answer(await house.begin(), "alice")
    right = house.right(asked)
    assert isinstance(await house.answer(asked, right), Accept)
    again = await house.answer(asked, right)
    assert isinstance(again, Reject)
    assert again.reason is Reason.EXPIRED


async def test_an_id_that_no_database_can_hold_is_nobodys(house: House) -> None:
    asked = await house.begin()
    assert isinstance(asked, Challenge)
    refused = await house.show(replace(asked, interaction_id="a\0b"))
    assert isinstance(refused, Reject)
    assert refused.reason is Reason.EXPIRED


async def test_a_login_that_takes_too_long_is_over(house: House) -> None:
    asked = await house.begin()
    house.now += house.tenant.settings.login_seconds
    assert isinstance(await house.answer(asked, "alice"), Reject)


async def test_a_session_ends_when_idle_and_at_its_absolute_end(house: House) -> None:
    await house.login("alice")
    house.now += 3599
    assert isinstance(await house.begin(), Accept)
    house.now += 3600
    assert isinstance(await house.begin(), Challenge)
    await house.login("alice")
    began = house.now
    while house.now < began + 43200 - 3000:
        house.now += 3000
        assert isinstance(await house.begin(), Accept)
    house.now = began + 43200
    assert isinstance(await house.begin(), Challenge)


async def test_wishes_of_the_door(house: House) -> None:
    assert isinstance(await house.begin(wish=Wish(passive=True)), Challenge)
    await house.login("alice")
    assert isinstance(await house.begin(wish=Wish(passive=True)), Accept)
    fresh = await house.begin(wish=Wish(fresh=True))
    assert isinstance(fresh, Challenge)
    assert (fresh.authenticator, fresh.username) == ("username", "alice")
    house.now += 100
    assert isinstance(await house.begin(wish=Wish(max_age=100)), Accept)
    assert isinstance(await house.begin(wish=Wish(max_age=99)), Challenge)


async def test_a_passive_question_cannot_be_answered(house: House) -> None:
    asked = await house.begin(wish=Wish(passive=True))
    assert isinstance(await house.answer(asked, "alice"), Reject)


async def test_a_disabled_user_is_asked_and_refused_like_nobody_and_his_session_is_over(house: House) -> None:
    await house.login("alice")
    async with house.store.transaction("acme") as tx:
        user = await tx.users.find("id-alice")
        assert isinstance(user, User)
        await tx.users.replace(replace(user, disabled_at=NOW))
    assert isinstance(await house.begin(), Challenge), "the session must not open anything"
    asked = await house.answer(await house.begin(), "alice")
    assert isinstance(asked, Challenge)
    assert asked.authenticator == "matrix"
    refused = await house.answer(asked, house.right(asked))
    assert isinstance(refused, Challenge)
    assert refused.retry


async def test_names_are_typed_in_many_ways(house: House) -> None:
    asked = await house.answer(await house.begin(), "  ＡＬＩＣＥ ")
    assert isinstance(asked, Challenge)
    assert asked.username == "alice"
    assert isinstance(await house.answer(asked, house.right(asked)), Accept)


async def test_starting_over_forgets_the_name_and_its_proofs(house: House) -> None:
    asked = await house.answer(await house.begin("vpn"), "alice")
    code = await house.answer(asked, house.right(asked))
    assert isinstance(code, Challenge)
    assert code.authenticator == "totp"
    again = await house.show(code, restart=True)
    assert isinstance(again, Challenge)
    assert (again.authenticator, again.username) == ("username", None)
    other = await house.answer(again, "carol")
    assert isinstance(other, Challenge)
    assert other.authenticator == "matrix"


async def test_rules_that_change_while_somebody_types_are_kept(house: House) -> None:
    asked = await house.answer(await house.begin(), "alice")
    async with house.store.transaction("acme") as tx:
        user = await tx.users.find("id-alice")
        assert isinstance(user, User)
        await tx.users.replace(replace(user, groups=frozenset({"token"})))
    outcome = await house.answer(asked, house.right(asked))
    assert isinstance(outcome, Challenge)
    assert outcome.authenticator == "password"


async def test_a_tenant_does_not_know_another_ones_people(house: House, new_house: object) -> None:
    other = new_house("globex")  # type: ignore[operator]
    await house.login("alice")
    other.caller = house.caller
    assert isinstance(await other.begin(), Challenge), "a session of one tenant is nothing to another"
    asked = await other.answer(await other.begin(), "alice")
    refused = await other.answer(asked, other.right(asked))
    assert isinstance(refused, Challenge)
    assert refused.retry


async def test_secrets_in_outcomes_are_masked(house: House) -> None:
    """THREAT_MODEL.md 33: secrets have a type without a repr."""
    outcome = await house.login("alice")
    assert isinstance(outcome, Accept)
    assert outcome.session_secret is not None
    assert outcome.session_secret.reveal() not in repr(outcome)
    assert house.caller.browser.reveal() not in repr(house.caller)
    assert Secret("x") != "x"


@dataclass
class Credulous:
    """An authenticator with a mistake in it: it says yes to everybody, even to nobody."""

    name: str = "matrix"
    amr: tuple[str, ...] = ("kba",)
    factor: str = "knowledge"
    shows: bool = True
    at_once: bool = True

    async def challenge(self, *_: object) -> Prompt:
        return {}

    async def verify(self, *_: object) -> bool:
        return True


@pytest.mark.parametrize("name", ["nobody", "gone"])
async def test_nobody_proves_anything_whatever_an_authenticator_says(house: House, name: str) -> None:
    """THREAT_MODEL.md 19: never advances."""
    gone = await house.add("gone", "staff", matrix={"pattern": PATTERN})
    async with house.store.transaction("acme") as tx:
        await tx.users.replace(replace(gone, disabled_at=NOW))
    believing = {**house.tenant.authenticators, "matrix": cast(Authenticator, Credulous())}
    house.tenant = replace(house.tenant, authenticators=believing)
    stranger = house.caller
    assert isinstance(await house.answer(await house.answer(await house.begin(), "alice"), "any"), Accept)
    house.caller = stranger
    outcome = await house.answer(await house.answer(await house.begin(), name), "any")
    assert isinstance(outcome, Challenge)
    assert outcome.retry
    assert await house.events("proof.refused") == 1
