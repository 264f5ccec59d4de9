"""Ways around a second proof or a limit that nobody may go: each was found by looking for it."""

from __future__ import annotations

import dataclasses

import pytest

from idp.authenticators import table
from idp.authenticators.matrix.settings import ExposureSettings, MatrixSettings
from idp.flow import direct
from idp.flow import interaction as interactions
from idp.flow.wish import Wish
from idp.outcome import Accept, Challenge, Reason, Reject, Resume
from idp.policy import Attempt, Deny, Require, Rule
from idp.policy.terms import Proofs, Requests
from idp.visit import Visit
from keys.secret import Secret
from keys.token import new_token
from tests.login.conftest import PASSWORD, PATTERN, TOTP_SECRET, House
from tests.login.test_certificates import Home as Certified
from tests.login.test_certificates import home as certified
from tests.login.test_certificates import shown
from tests.login.test_passkeys import Home
from tests.login.test_passkeys import home as passkeys
from tests.login.test_ways import EITHER, elsewhere, turn

__all__ = ["certified", "passkeys"]

pytestmark = pytest.mark.parametrize("storage_url", ["sqlite"], indirect=True)
LEAVE = Rule("leave", Require("leave", ()), services=frozenset({"wiki"}))
GUESTS = Rule("guests", Require("guests", ("password",)), groups=frozenset({"guests"}))
BOTH = Rule("both", Require("both", ("matrix", "totp")), groups=frozenset({"staff"}))


def ruled(house: House, *rules: Rule) -> None:
    house.tenant = dataclasses.replace(house.tenant, rules=rules)


async def test_leave_takes_no_proof_that_was_asked_of_others(house: House) -> None:
    """Who will be denied is asked what others are, so that his name stays hidden: that proof must not let him in."""
    await house.add("dora", password={"password": PASSWORD}, totp={"secret": TOTP_SECRET})
    ruled(house, LEAVE, GUESTS)
    denied = await house.login("dora")
    assert isinstance(denied, Reject) and denied.reason is Reason.DENIED
    await house.add("gwen", "guests", password={"password": PASSWORD})
    house.caller = dataclasses.replace(house.caller, browser=new_token())
    assert isinstance(await house.login("gwen"), Accept)


async def test_leave_takes_no_such_proof_from_a_nas(house: House) -> None:
    user = await house.add("dora", password={"password": PASSWORD})
    ruled(house, LEAVE, GUESTS)
    async with house.store.transaction("acme") as tx:
        visit = Visit(tx, house.tenant, house.caller, house.now)
        attempt = Attempt("radius", "wiki", house.caller.address, house.now)
        begun = interactions.new(visit, attempt, Resume("radius", {}), None)
        named = await direct.identify(visit, begun, "dora")
        assert not isinstance(named, Reject) and named[0].chain == ("password",)
        proven = await direct.answer(visit, *named, Secret(PASSWORD))
        assert not isinstance(proven, Reject)
        assert isinstance(await direct.conclude(visit, proven, user), Reject)


async def test_leave_takes_no_passkey_that_is_enough_for_others(passkeys: Home) -> None:
    """Without a name nobody was asked anything yet: then what the rules ask of its owner comes."""
    alone = Rule("alone", Require("alone", ("passkey",)), groups=frozenset({"guests"}))
    ruled(passkeys, LEAVE, BOTH, alone)
    alice = await passkeys.add("alice", "staff", matrix={"pattern": PATTERN}, totp={"secret": TOTP_SECRET})
    await passkeys.enrol(alice)
    begun = await passkeys.begin()
    asked = await passkeys.post(begun, passkey=passkeys.sign(begun))
    assert isinstance(asked, Challenge) and asked.authenticator == "matrix"
    code = await passkeys.answer(asked, passkeys.right(asked))
    assert isinstance(await passkeys.answer(code, passkeys.right(code)), Accept)


async def test_leave_that_names_its_proofs_and_leave_on_a_session_stand(house: House) -> None:
    named = dataclasses.replace(LEAVE, proofs=Proofs(frozenset({"password"})))
    ruled(house, named, GUESTS)
    await house.add("dora", password={"password": PASSWORD})
    assert isinstance(await house.login("dora"), Accept), "the rule says itself what is enough"
    elsewhere = Rule("vpn", Require("vpn", ("password",)), services=frozenset({"vpn"}))
    house.caller = dataclasses.replace(house.caller, browser=new_token(), session=None)
    ruled(house, LEAVE, GUESTS, elsewhere)
    assert isinstance(await house.login("dora", "vpn"), Accept)
    assert isinstance(await house.begin(), Accept)
    house.now += 400
    again = await house.begin(wish=Wish(max_age=300, thorough=True))
    while isinstance(again, Challenge):
        again = await house.answer(again, "dora" if again.authenticator == "username" else PASSWORD)
    assert isinstance(again, Accept)


async def test_logins_without_a_name_count_for_their_owner(passkeys: Home) -> None:
    often = Rule("often", Deny("often"), requests=Requests("user", 2, 60))
    ruled(passkeys, often, Rule("alone", Require("alone", ("passkey",))))
    alice = await passkeys.add("alice")
    await passkeys.enrol(alice)
    outcomes = []
    for _ in range(3):
        there = passkeys.elsewhere()
        begun = await there.begin()
        outcomes.append(await there.post(begun, passkey=there.sign(begun)))
    assert [isinstance(each, Accept) for each in outcomes] == [True, True, False]


async def test_logins_in_which_nothing_may_be_asked_count_too(house: House) -> None:
    """`prompt=none` and IsPassive give answers to the service like any other."""
    often = Rule("often", Deny("often"), requests=Requests("user", 2, 60))
    ruled(house, often, BOTH)
    assert isinstance(await house.login("alice"), Accept)
    assert isinstance(await house.begin(wish=Wish(passive=True)), Accept)
    assert isinstance(await house.begin(wish=Wish(passive=True)), Reject)


async def test_a_certificate_alone_activates_nothing(certified: Certified) -> None:
    """It is in the device: who sits down at one that somebody left has it, and would make himself the second proof."""
    totp = table.find("totp").Settings.model_validate({"at_login": True})
    opened = table.open_authenticators({"totp": totp}, certified.tenant.vault)
    known = {**certified.tenant.authenticators, **opened}
    certified.tenant = dataclasses.replace(certified.tenant, authenticators=known)
    ruled(certified, Rule("device", Require("device", ("certificate", "totp"))))
    alice = await certified.add("alice", matrix={"pattern": PATTERN})
    there = certified.showing(shown(await certified.give(alice)))
    first = await there.answer(await there.begin(), "alice")
    asked = await there.answer(first, "certificate")
    assert isinstance(asked, Challenge) and asked.authenticator == "totp"


async def test_a_step_up_asks_for_a_proof_that_the_device_does_not_hold(certified: Certified) -> None:
    """Before somebody activates a device, his certificate is not what he gives again."""
    totp = table.find("totp").Settings.model_validate({"at_login": True})
    opened = table.open_authenticators({"totp": totp}, certified.tenant.vault)
    known = {**certified.tenant.authenticators, **opened}
    certified.tenant = dataclasses.replace(certified.tenant, authenticators=known)
    more = Rule("more", Require("more", ("matrix", "totp")), services=frozenset({"vpn"}))
    ruled(certified, more, Rule("device", Require("device", ("certificate", "matrix"))))
    alice = await certified.add("alice", matrix={"pattern": PATTERN})
    there = certified.showing(shown(await certified.give(alice)))
    first = await there.answer(await there.begin(), "alice")
    second = await there.answer(first, "certificate")
    assert isinstance(await there.answer(second, there.right(second)), Accept)
    asked = await there.begin("vpn")
    assert isinstance(asked, Challenge) and asked.authenticator == "matrix"


async def test_another_way_spares_nobody_what_a_worn_out_pattern_asks_for(house: House) -> None:
    """Whoever computed the pattern from what he saw has it, and must not choose the way on which nothing more comes."""
    limits = ExposureSettings.model_validate({"budget": 1, "then": "totp"})
    changed = table.open_authenticators({"matrix": MatrixSettings(exposure=limits)}, house.tenant.vault)
    known = {**house.tenant.authenticators, **changed}
    house.tenant = dataclasses.replace(house.tenant, authenticators=known)
    ruled(house, Rule("either", EITHER))
    await house.add(
        "dora", matrix={"pattern": PATTERN}, password={"password": PASSWORD}, totp={"secret": TOTP_SECRET}
    )
    await house.add("fred", matrix={"pattern": PATTERN}, password={"password": PASSWORD})
    for name, first in (("dora", "totp"), ("fred", "password")):
        for is_worn_out in (False, True):
            stranger = elsewhere(house)
            asked = await stranger.answer(await stranger.begin(), name)
            second = await stranger.answer(asked, stranger.right(asked))
            assert isinstance(second, Challenge) and second.authenticator == first
            there = second if first == "password" else await turn(stranger, second, "password")
            third = await stranger.answer(there, PASSWORD)
            if is_worn_out:
                assert isinstance(third, Challenge) and third.authenticator in ("totp", "activate")
            elif name == "fred":
                assert isinstance(third, Accept)
