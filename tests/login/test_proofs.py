"""Nobody takes away his last way in: what the rules may ask for stays, wherever and whenever they ask."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from ipaddress import ip_network

from idp.credentials import proofs
from idp.policy import Require, Rule
from idp.policy.hours import parse_hours
from idp.visit import Visit
from keys.secret import Secret
from storage.records import User
from tests.login.conftest import NOW, PASSWORD, PATTERN, House

ABROAD = Rule("abroad", Require("abroad", ("password",)), except_networks=(ip_network("192.0.2.0/24"),))
NIGHTS = Rule("nights", Require("nights", ("totp",)), hours=(parse_hours("22:00-05:00"),))
SALES = Rule("sales", Require("sales", ("totp",)), groups=frozenset({"sales"}))
STAFF = Rule("staff", Require("staff", ("matrix",)), groups=frozenset({"staff"}))
OTHERS = Rule("others", Require("others", ("password", "totp")))
OF_WIKI = Rule("wiki", Require("wiki", ("matrix", "totp")), services=frozenset({"wiki"}))


async def needed(house: House, *rules: Rule) -> set[str]:
    """What alice needs, who is staff."""
    tenant = replace(house.tenant, rules=rules)
    async with house.store.snapshot(tenant.name) as tx:
        alice = await tx.users.find("id-alice")
        assert alice is not None
        return set(proofs.needed(Visit(tx, tenant, house.caller, NOW), alice))


async def test_what_a_rule_may_ask_for_is_needed(house: House) -> None:
    assert await needed(house) == set()
    assert await needed(house, STAFF, OTHERS) == {"matrix"}, "the second is never reached"
    assert await needed(house, ABROAD, STAFF, OTHERS) == {"password", "matrix"}, "she may travel"
    assert await needed(house, NIGHTS, STAFF) == {"totp", "matrix"}, "she may work late"
    assert await needed(house, SALES, STAFF) == {"matrix"}, (
        "of others nothing is asked that is asked of sales"
    )
    assert await needed(house, OF_WIKI, STAFF) == {"totp", "matrix"}, "of one service"
    gone = replace(OF_WIKI, services=frozenset({"gone"}))
    assert await needed(house, gone, STAFF) == {"matrix"}, "there is no such service"


async def may_remove(house: House, user: User, kind: str) -> bool:
    """Asked of the first that he has, which is removed then."""
    async with house.store.transaction(house.tenant.name) as tx:
        visit = Visit(tx, house.tenant, house.caller, NOW)
        (credential, *_) = await tx.credentials.list(user.id, kind)
        allowed = await proofs.may_remove(visit, user, credential)
        if allowed:
            await tx.credentials.delete_one(credential.id)
        return allowed


async def test_the_last_one_stays_of_those_that_are_needed(house: House) -> None:
    dora = await house.add("dora", "staff", matrix={"pattern": PATTERN}, password={"password": PASSWORD})
    totp = house.tenant.authenticators["totp"]
    async with house.store.transaction(house.tenant.name) as tx:
        for _ in range(2):
            await tx.credentials.add(totp.enrol(dora, {"secret": Secret("")}, NOW))
    assert await may_remove(house, dora, "password"), "no rule asks staff for one"
    assert not await may_remove(house, dora, "matrix")
    assert await may_remove(house, dora, "totp"), "there is another"
    assert not await may_remove(house, dora, "totp")


async def test_of_two_who_remove_the_last_two_one_is_told_no(house: House) -> None:
    """THREAT_MODEL.md 15: of parallel removals of the last two devices exactly one succeeds."""
    dora = await house.add("dora", "staff", totp={"secret": ""})
    totp = house.tenant.authenticators["totp"]
    async with house.store.transaction(house.tenant.name) as tx:
        await tx.credentials.add(totp.enrol(dora, {"secret": Secret("")}, NOW))
        held = await tx.credentials.list(dora.id, "totp")

    first, first_asked = asyncio.Event(), asyncio.Event()

    async def remove(number: int) -> bool:
        async with house.store.transaction(house.tenant.name) as tx:
            visit = Visit(tx, house.tenant, house.caller, NOW)
            allowed = await proofs.may_remove(visit, dora, held[number])
            first_asked.set()
            await first.wait()
            return allowed and await tx.credentials.delete_one(held[number].id)

    one = asyncio.create_task(remove(0))
    await first_asked.wait()
    other = asyncio.create_task(remove(1))
    await asyncio.wait([other], timeout=0.2)  # it could ask now, if it did not have to wait
    first.set()
    assert [await one, await other] == [True, False]
