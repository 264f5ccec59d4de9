"""What rules may want beside one chain of proofs: several ways, fresh ones, none at all, a shorter session; and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from idp.credentials import proofs
from idp.login import Login
from idp.outcome import Accept, Challenge, Outcome, Reason, Reject, Why
from idp.policy import Deny, Require, Rule
from idp.policy.hours import parse_hours
from idp.policy.terms import Attribute, Proofs, Requests
from idp.visit import Visit
from keys.token import new_token
from tests.login.conftest import NOW, PASSWORD, PATTERN, TOTP_SECRET, House

pytestmark = pytest.mark.parametrize("storage_url", ["sqlite"], indirect=True)
OFFICE = (ip_network("192.0.2.0/24"),)
ABROAD = ip_address("198.51.100.7")
EITHER = Require("either", ("matrix", "totp"), others=(("matrix", "password"), ("password", "totp")))
STAFF = Rule("staff", Require("staff", ("matrix",)), groups=frozenset({"staff"}))


def ruled(house: House, *rules: Rule) -> House:
    house.tenant = replace(house.tenant, rules=rules)
    return house


def elsewhere(house: House, **changed: Any) -> House:
    """Another browser."""
    caller = replace(house.caller, browser=new_token(), session=None, device=None, **changed)
    return replace(house, caller=caller)


async def turn(house: House, challenge: Outcome, to: str) -> Challenge:
    assert isinstance(challenge, Challenge)
    async with house.store.transaction(house.tenant.name) as tx:
        visit = Visit(tx, house.tenant, house.caller, house.now)
        turned = await Login().show(visit, challenge.interaction_id, other=to)
    assert isinstance(turned, Challenge)
    return turned


def asks(outcome: Outcome) -> tuple[str, tuple[str, ...]]:
    """What is asked, and what may be answered instead."""
    assert isinstance(outcome, Challenge), outcome
    return outcome.authenticator, outcome.options


async def test_before_a_proof_every_name_is_asked_alike_and_then_each_what_he_holds(house: House) -> None:
    """THREAT_MODEL.md 20: of a way that a user chose or can go, a stranger sees nothing."""
    ruled(house, Rule("either", EITHER))
    await house.add("dora", matrix={"pattern": PATTERN}, password={"password": PASSWORD})
    for name in ("alice", "bob", "dora", "nobody"):
        asked = await house.answer(await house.begin(), name)
        assert asks(asked) == ("matrix", ("password",))
        assert asks(await turn(house, asked, "password")) == ("password", ("matrix",))
    alice = await house.answer(await house.begin(), "alice")
    assert asks(await house.answer(alice, house.right(alice))) == ("totp", ())
    dora = await house.answer(await house.begin(), "dora")
    last = await house.answer(dora, house.right(dora))
    assert asks(last) == ("password", ()), "she has no device for codes"
    assert isinstance(await house.answer(last, PASSWORD), Accept)


async def test_another_way_is_chosen_and_leads_in(house: House) -> None:
    ruled(house, Rule("either", EITHER))
    bob = await turn(house, await house.answer(await house.begin(), "bob"), "password")
    code = await house.answer(bob, PASSWORD)
    assert asks(code) == ("totp", ())
    accepted = await house.answer(code, house.right(code))
    assert isinstance(accepted, Accept)
    assert accepted.authentication.amr == ("pwd", "otp", "mfa")
    assert accepted.authentication.rule == "either"


async def test_what_is_no_way_of_the_rule_cannot_be_chosen(house: House) -> None:
    ruled(house, STAFF)
    asked = await house.answer(await house.begin(), "alice")
    assert asks(await turn(house, asked, "totp")) == ("matrix", ())
    first = await house.begin()
    assert asks(await turn(house, first, "totp")) == ("username", ())


async def test_one_way_that_is_left_is_enough_to_give_up_a_proof(house: House) -> None:
    ruled(house, Rule("either", EITHER))
    dora = await house.add(
        "dora", matrix={"pattern": PATTERN}, password={"password": PASSWORD}, totp={"secret": TOTP_SECRET}
    )
    async with house.store.transaction("acme") as tx:
        visit = Visit(tx, house.tenant, house.caller, NOW)
        held = {each.authenticator: each for each in await tx.credentials.list(dora.id)}
        assert await proofs.may_remove(visit, dora, held["totp"]), "matrix and password are left"
        await tx.credentials.delete_one(held["totp"].id)
        assert not await proofs.may_remove(visit, dora, held["password"])


async def test_a_proof_that_is_too_old_is_asked_for_again_and_no_other(house: House) -> None:
    both = Require("fresh", ("matrix", "totp"), fresh_seconds=300)
    ruled(house, Rule("fresh", both, services=frozenset({"vpn"})), STAFF)
    await house.login("alice")
    house.now += 200
    code = await house.begin("vpn")
    assert isinstance(code, Challenge) and code.authenticator == "totp"
    assert isinstance(await house.answer(code, house.right(code)), Accept)
    house.now += 101
    again = await house.begin("vpn")
    assert isinstance(again, Challenge) and again.authenticator == "matrix"
    assert again.why == Why(("fresh",))
    assert isinstance(await house.answer(again, house.right(again)), Accept)
    assert isinstance(await house.begin("vpn"), Accept)


async def test_who_is_slow_in_a_login_is_not_asked_for_ever(house: House) -> None:
    ruled(house, Rule("fresh", Require("fresh", ("matrix", "totp"), fresh_seconds=30)))
    code = await house.answer(
        pattern := await house.answer(await house.begin(), "alice"), house.right(pattern)
    )
    house.now += 100
    assert isinstance(await house.answer(code, house.right(code)), Accept)


async def test_leave_is_for_those_who_have_proven_themselves(house: House) -> None:
    """Whoever has not is asked what the rules behind it ask."""
    leave = Rule("leave", Require("leave", ()), services=frozenset({"wiki"}))
    ruled(house, leave, STAFF)
    carol = await house.login("carol")
    assert isinstance(carol, Reject), "the rules behind let in staff alone, and she is none"
    accepted = await elsewhere(house).login("alice")
    assert isinstance(accepted, Accept)
    assert (accepted.authentication.rule, accepted.authentication.amr) == ("leave", ("kba",))
    alone = ruled(elsewhere(house), leave)
    refused = await alone.answer(await alone.begin(), "alice")
    assert isinstance(refused, Reject) and refused.reason is Reason.DENIED


async def test_a_session_ends_earlier_where_the_rule_says_so(house: House) -> None:
    short = Require("short", ("matrix",), session_seconds=600)
    ruled(house, Rule("short", short, services=frozenset({"vpn"})), STAFF)
    first = await house.login("alice", "vpn")
    assert isinstance(first, Accept) and first.authentication.expires_at == NOW + 600
    house.now += 600
    assert isinstance(await house.begin("wiki"), Challenge), "it is over for every service"
    other = elsewhere(house)
    await other.login("alice")
    other.now += 300
    entered = await other.begin("vpn")
    assert isinstance(entered, Accept) and entered.authentication.expires_at == house.now + 600
    other.now += 300
    assert isinstance(await other.begin("wiki"), Challenge)
    late = elsewhere(house)
    await late.login("alice")
    late.now += 601
    pattern = await late.begin("vpn")
    assert isinstance(pattern, Challenge) and pattern.authenticator == "matrix"
    again = await late.answer(pattern, late.right(pattern))
    assert isinstance(again, Accept) and again.authentication.expires_at == late.now + 600


async def test_why_more_is_asked_is_told_once_something_is_proven(house: House) -> None:
    """And not before: a stranger learns nothing of where and when others sign in."""
    office = Rule(
        "office", Require("office", ("matrix",)), networks=OFFICE, hours=(parse_hours("00:00-24:00"),)
    )
    ruled(house, office, Rule("rest", Require("rest", ("matrix", "totp"))))
    house.caller = replace(house.caller, address=ABROAD)
    pattern = await house.answer(await house.begin(), "alice")
    assert isinstance(pattern, Challenge) and pattern.why is None
    code = await house.answer(pattern, house.right(pattern))
    assert isinstance(code, Challenge) and code.why == Why(("outside",))
    wrong = await house.answer(code, house.wrong(code))
    assert isinstance(wrong, Challenge) and wrong.why == Why(("outside",))
    words = {"en": "Travellers need a code."}
    ruled(house, office, Rule("rest", Require("rest", ("matrix", "totp"), why=words)))
    asked = await house.answer(await house.begin(), "alice")
    told = await house.answer(asked, house.right(asked))
    assert isinstance(told, Challenge) and told.why == Why(("outside",), words)


async def test_why_nobody_gets_in_is_told_after_the_proofs(house: House) -> None:
    hours = Rule(
        "day", Require("day", ("matrix",)), groups=frozenset({"staff"}), hours=(parse_hours("07:00-22:00"),)
    )
    ruled(house, hours, Rule("others", Require("others", ("matrix",)), groups=frozenset({"token"})))
    house.now = int(datetime.fromisoformat("2027-01-15T23:00+09:00").timestamp())
    denied = await house.login("alice")
    assert isinstance(denied, Reject) and denied.because == ("hours",)
    ruled(house, hours)
    nobody = await house.answer(await house.begin(), "alice")
    assert isinstance(nobody, Reject) and nobody.because == (), "nothing was proven, so no more is said"


@pytest.mark.parametrize("per", ["user", "address"])
async def test_more_logins_than_the_rule_allows_within_its_window_are_denied(house: House, per: Any) -> None:
    """THREAT_MODEL.md 18: counted by the database, one row for each name or address at a service."""
    often = Rule("often", Deny("often"), requests=Requests(per, 2, 60))
    ruled(house, often, STAFF)
    for _ in range(2):
        assert isinstance(await elsewhere(house).login("alice"), Accept)
    denied = await elsewhere(house).login("alice")
    assert isinstance(denied, Reject)
    assert denied.because == (("requests",) if per == "user" else ()), (
        "an address is turned away before any proof"
    )
    assert isinstance(
        await elsewhere(house, address=ABROAD).login("alice"), Reject if per == "user" else Accept
    )
    house.now += 60
    assert isinstance(await elsewhere(house).login("alice"), Accept)


async def test_attributes_decide_and_names_without_an_owner_are_like_those_with(house: House) -> None:
    """THREAT_MODEL.md 20: also where an attribute says what one is asked for."""
    outside = Rule(
        "contractors",
        Require("contractors", ("password",)),
        attributes=(Attribute("contractor", frozenset({"true"})),),
    )
    ruled(house, outside, Rule("others", Require("others", ("matrix",))))
    async with house.store.transaction("acme") as tx:
        for name in ("alice", "bob", "carol"):
            found = await tx.users.find(f"id-{name}")
            assert found is not None
            await tx.users.replace(replace(found, attributes='{"contractor":true}'))
    assert asks(await house.answer(await house.begin(), "bob"))[0] == "password"
    names = [f"name{number}" for number in range(12)]
    assert "password" in {asks(await house.answer(await house.begin(), name))[0] for name in names}


async def test_a_browser_that_is_known_and_proofs_of_today_spare_a_code(house: House) -> None:
    known = Rule("known", Require("known", ("matrix",)), known_device=True)
    ruled(house, known, Rule("rest", Require("rest", ("matrix", "totp"))))
    house.caller = replace(house.caller, keeps=True)
    first = await house.login("alice")
    assert isinstance(first, Accept) and first.authentication.rule == "rest"
    back = elsewhere(house)
    back.caller = replace(back.caller, device=first.device_secret)
    house.now = back.now = NOW + 60
    second = await back.login("alice")
    assert isinstance(second, Accept) and second.authentication.rule == "known"
    lately = Rule("lately", Require("lately", ("matrix",)), proofs=Proofs(frozenset({"totp"}), 3600))
    ruled(house, lately, Rule("rest", Require("rest", ("matrix", "totp"))))
    young = await house.begin()
    assert isinstance(young, Accept) and young.authentication.rule == "lately"


async def test_who_no_rule_lets_in_any_more_is_kept_out_at_once(house: House) -> None:
    """THREAT_MODEL.md 24: a session is worth what the rules say now: of a group that is left, nothing."""
    accepted = await house.login("alice")
    assert isinstance(accepted, Accept)
    async with house.store.transaction("acme") as tx:
        await tx.users.replace(replace(accepted.authentication.user, groups=frozenset()))
    assert isinstance(await house.begin(), Reject)


async def test_where_an_address_is_decides_and_where_nobody_knows_it_does_not(house: House) -> None:
    home = Rule("home", Require("home", ("matrix",)), countries=frozenset({"JP"}))
    ruled(
        house, home, Rule("abroad", Require("abroad", ("matrix", "totp")), except_countries=frozenset({"JP"}))
    )
    for country, rule in (("JP", "home"), ("US", "abroad"), ("", "abroad")):
        house.tenant = replace(house.tenant, country_of=lambda _, found=country: found)  # type: ignore[misc]
        accepted = await elsewhere(house).login("alice")
        assert isinstance(accepted, Accept) and accepted.authentication.rule == rule
        house.now += 30
