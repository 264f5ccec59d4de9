"""What a name is asked for that nobody has: as often the one as the other, as the users of the service are."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable

from idp.authenticators.password import Password
from idp.authenticators.password.settings import PasswordSettings
from idp.config.tenant import TenantSettings
from idp.outcome import Accept, Challenge
from idp.policy import Require, Rule
from storage.records import User
from tests.login.conftest import NOW, PASSWORD, PATTERN, House

NAMES = [f"name{number}" for number in range(60)]


async def asked(house: House, names: Iterable[str]) -> dict[str, str]:
    """The first question that each name is asked."""
    found = {}
    for name in names:
        challenge = await house.answer(await house.begin(), name)
        assert isinstance(challenge, Challenge)
        found[name] = challenge.authenticator
    return found


async def populate(house: House, token: int, staff: int, denied: int = 0) -> None:
    """People with ids as new ones have them, spread evenly, of each kind so many."""
    groups = [frozenset({"token"})] * token + [frozenset({"staff"})] * staff + [frozenset[str]()] * denied
    letters = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
    async with house.store.transaction(house.tenant.name) as tx:
        for number in range(len(letters)):
            held = groups[number * 7 % len(groups)]
            await tx.users.add(User(f"{letters[number]}~", f"p{number}", NOW, groups=held))


async def test_unknown_names_are_asked_what_users_are_as_often_and_always_the_same(house: House) -> None:
    """THREAT_MODEL.md 20: unknown and real users: the same question in the same proportion."""
    await populate(house, token=3, staff=1)
    found = await asked(house, NAMES)
    counts = Counter(found.values())
    assert set(counts) == {"password", "matrix"}
    assert 0.5 < counts["password"] / len(NAMES) < 0.95, "three of four users are asked for a password"
    assert await asked(house, NAMES) == found


async def test_who_is_denied_is_not_what_others_are_like(house: House) -> None:
    await populate(house, token=1, staff=0, denied=1)
    counts = Counter((await asked(house, NAMES)).values())
    assert counts["password"] > 0.8 * len(NAMES)


async def test_where_nobody_gets_in_yet_every_way_is_possible(house: House) -> None:
    """Without users to be like, the rules alone say what somebody could be asked."""
    async with house.store.transaction(house.tenant.name) as tx:
        for name in ("alice", "bob", "carol"):
            await tx.users.delete(f"id-{name}")
    assert set((await asked(house, NAMES)).values()) == {"password", "matrix"}


async def test_a_service_that_asks_all_for_the_same_asks_the_unknown_for_it(house: House) -> None:
    await populate(house, token=1, staff=0)
    house.tenant = dataclasses.replace(house.tenant, rules=house.tenant.rules[:3])
    assert set((await asked(house, NAMES[:10])).values()) == {"matrix"}


async def test_a_disabled_user_is_asked_what_he_was_asked_before(house: House) -> None:
    """THREAT_MODEL.md 20: disabled and real users alike."""
    await populate(house, token=0, staff=1)
    async with house.store.transaction(house.tenant.name) as tx:
        bob = await tx.users.find("id-bob")
        assert bob is not None
        await tx.users.replace(dataclasses.replace(bob, disabled_at=NOW))
    challenge = await house.answer(await house.begin(), "bob")
    assert isinstance(challenge, Challenge) and challenge.authenticator == "password"
    refused = await house.answer(challenge, PASSWORD)
    assert isinstance(refused, Challenge) and refused.retry


async def test_who_will_be_denied_is_asked_for_what_he_can_prove(house: House) -> None:
    await populate(house, token=1, staff=0)
    await house.add("dora", matrix={"pattern": PATTERN})
    assert await asked(house, ["dora"]) == {"dora": "matrix"}
    assert not isinstance(await house.login("dora"), Accept)


async def test_who_will_be_denied_can_prove_what_his_directory_knows(house: House) -> None:
    """We hold no password of his, and he has one all the same."""
    ldap = {"servers": ["ldaps://directory.example.com"], "bind_dn": "{user}@corp"}
    named = {"tenant": "acme", "base_url": "https://acme.example.com", "display_name": {"en": "acme"}}
    settings = TenantSettings.model_validate({**named, "domains": {"corp": {"ldap": ldap}}})
    section = PasswordSettings().within(settings, [])
    provers = {**house.tenant.authenticators, "password": Password(section, house.tenant.vault)}
    rules = (*house.tenant.rules, Rule("word", Require("word", ("password",)), groups=frozenset({"word"})))
    house.tenant = dataclasses.replace(house.tenant, settings=settings, authenticators=provers, rules=rules)
    await populate(house, token=0, staff=1)
    async with house.store.transaction(house.tenant.name) as tx:
        for number in range(5):
            await tx.users.add(User(f"id-{number}", f"hanako{number}", NOW, domain="corp"))
    names = [f"hanako{number}@corp" for number in range(5)]
    assert set((await asked(house, names)).values()) == {"password"}
