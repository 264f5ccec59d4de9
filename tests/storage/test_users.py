"""`storage.contract.Users` and `Credentials`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storage import Duplicate, Storage
from storage.contract import Model
from tests.storage.examples import CREDENTIAL, GRANT, LATER, NOW, REFRESH, SESSION, USER, add_login, user


async def test_a_user_comes_back_as_it_was_added(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        assert await tx.users.find("u1") == await tx.users.lock("u1") == USER
    async with store.snapshot("acme") as tx:
        assert await tx.users.find("u1") == USER
        assert await tx.users.find_by_name("alice") == USER


async def test_who_is_unknown_is_none(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        assert await tx.users.find("u1") is None
        assert await tx.users.lock("u1") is None
        assert await tx.users.find_by_name("alice") is None


async def test_a_name_is_taken_once_in_its_domain(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        with pytest.raises(Duplicate):
            await tx.users.add(replace(USER, id="u2"))
        await tx.users.add(replace(USER, id="u3", domain="ldap"))
    async with store.snapshot("acme") as tx:  # and the transaction went on
        assert await tx.users.find("u2") is None
        found = await tx.users.find_by_name("alice", "ldap")
        assert found is not None and found.id == "u3"


async def test_an_id_is_taken_once(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        with pytest.raises(Duplicate):
            await tx.users.add(replace(USER, username="bob"))


async def test_users_are_listed_by_name_in_pages(store: Storage) -> None:
    names = ["Zoe", "alice", "bob", "a-b", "aB", "ab", "有栖"]
    async with store.transaction("acme") as tx:
        for number, name in enumerate(names):
            await tx.users.add(user(number, username=name))
        first = await tx.users.list(limit=3)
        rest = await tx.users.list(after=(first[-1].username, first[-1].domain))
    assert [u.username for u in (*first, *rest)] == sorted(names)  # by code point, in every locale
    assert len(first) == 3


async def test_nobody_is_left_out_whose_name_stands_in_another_domain_too(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        for number, domain in enumerate(("corp", "local", "ldap")):
            await tx.users.add(user(number, username="alice", domain=domain))
        found = list(await tx.users.list(limit=1))
        while page := await tx.users.list(after=(found[-1].username, found[-1].domain), limit=1):
            found += page
    assert [each.domain for each in found] == ["corp", "ldap", "local"]


async def test_replace_changes_every_field_of_one_user(store: Storage) -> None:
    changed = replace(
        USER,
        username="alicia",
        domain="ldap",
        display_name="",
        email=None,
        groups=frozenset(),
        attributes="{}",
        disabled_at=None,
        changed_at=None,
    )
    async with store.transaction("acme") as tx:
        assert await tx.users.replace(changed) is False
        await tx.users.add(USER)
        await tx.users.add(user(2))
        assert await tx.users.replace(changed) is True
        assert await tx.users.find("u1") == changed
        assert await tx.users.find("u2") == user(2)


async def test_replace_does_not_take_another_s_name(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.users.add(user(2))
    with pytest.raises(Duplicate):
        async with store.transaction("acme") as tx:
            await tx.users.replace(replace(USER, username="user2"))
    async with store.snapshot("acme") as tx:
        assert await tx.users.find("u1") == USER


async def test_a_deleted_user_takes_credentials_sessions_and_grants_along(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await add_login(tx)
        assert await tx.users.delete("u1") is True
        assert await tx.users.delete("u1") is False
    async with store.transaction("acme") as tx:
        assert await tx.credentials.list("u1") == []
        assert await tx.sessions.find(SESSION.id_hash, NOW) is None
        assert await tx.grants.find("g1") is None
        assert await tx.tokens.find(REFRESH.token_hash, "refresh", NOW) is None
        await tx.users.add(USER)
        assert GRANT.user_id == USER.id  # the same id again finds nothing of the old
        assert await tx.sessions.list("u1", NOW) == []


async def test_credentials_are_listed_oldest_first(store: Storage) -> None:
    old = replace(CREDENTIAL, id="z", authenticator="matrix", created_at=NOW - 9, last_used_at=None)
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.users.add(user(2))
        await tx.credentials.add(CREDENTIAL)
        await tx.credentials.add(old)
        await tx.credentials.add(replace(CREDENTIAL, id="other", user_id="u2"))
        assert await tx.credentials.list("u1") == [old, CREDENTIAL]
        assert await tx.credentials.list("u1", "totp") == [CREDENTIAL]
        assert await tx.credentials.list("u1", "password") == []


async def test_locked_credentials_are_listed_as_they_are(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        old = replace(CREDENTIAL, id="old", created_at=CREDENTIAL.created_at - 1)
        for one in (CREDENTIAL, old, replace(CREDENTIAL, id="p1", authenticator="password")):
            await tx.credentials.add(one)
        assert await tx.credentials.lock("u1", "totp") == [old, CREDENTIAL]
        assert await tx.credentials.lock("u1", "matrix") == []
        assert len(await tx.credentials.list("u1")) == 3


async def test_a_credential_id_is_taken_once(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.credentials.add(CREDENTIAL)
        with pytest.raises(Duplicate):
            await tx.credentials.add(CREDENTIAL)


async def test_replace_changes_a_credential(store: Storage) -> None:
    changed = replace(CREDENTIAL, sealed=b"anew", changed_at=LATER, counter=-1, drift=2, last_used_at=None)
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        assert await tx.credentials.replace(changed) is False
        await tx.credentials.add(CREDENTIAL)
        assert await tx.credentials.replace(changed) is True
        assert await tx.credentials.list("u1") == [changed]


async def test_a_step_is_accepted_once_and_no_earlier_one_after_it(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.credentials.add(CREDENTIAL)
        assert await tx.credentials.advance("c1", 41, 0, LATER) is False
        assert await tx.credentials.advance("c1", 44, 1, LATER) is True
        assert await tx.credentials.advance("c1", 44, 1, LATER) is False
        assert await tx.credentials.advance("c1", 43, 0, LATER) is False
        assert await tx.credentials.advance("unknown", 99, 0, LATER) is False
        assert await tx.credentials.list("u1") == [
            replace(CREDENTIAL, counter=44, drift=1, last_used_at=LATER)
        ]


async def test_a_new_name_leaves_the_rest_as_it_is(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.credentials.add(CREDENTIAL)
        assert await tx.credentials.rename("c1", "仕事用") is True
        assert await tx.credentials.rename("unknown", "x") is False
        assert await tx.credentials.list("u1") == [replace(CREDENTIAL, name="仕事用")]


async def test_touch_remembers_the_last_use(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.credentials.add(CREDENTIAL)
        await tx.credentials.touch("c1", LATER)
        assert await tx.credentials.list("u1") == [replace(CREDENTIAL, last_used_at=LATER)]


async def test_credentials_are_deleted_by_authenticator(store: Storage) -> None:
    matrix = replace(CREDENTIAL, id="c3", authenticator="matrix")
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        for credential in (CREDENTIAL, replace(CREDENTIAL, id="c2"), matrix):
            await tx.credentials.add(credential)
        assert await tx.credentials.delete("u1", "totp") == 2
        assert await tx.credentials.delete("u1", "totp") == 0
        assert await tx.credentials.list("u1") == [matrix]


async def test_those_near_an_id_are_of_one_user_in_a_circle(store: Storage) -> None:
    """Of one authenticator alone, and of everybody's first again after the last."""
    async with store.transaction("acme") as tx:
        assert await tx.credentials.list_near("totp", "") == []
        held = {}
        for owner in ("ub", "ud"):
            await tx.users.add(replace(USER, id=owner, username=owner))
            held[owner] = [replace(CREDENTIAL, id=f"{owner}{number}", user_id=owner) for number in range(2)]
            for credential in held[owner]:
                await tx.credentials.add(credential)
        await tx.users.add(replace(USER, id="uc", username="uc"))
        await tx.credentials.add(replace(CREDENTIAL, id="other", user_id="uc", authenticator="matrix"))
        found = {
            after: list(await tx.credentials.list_near("totp", after)) for after in ("", "ua", "ub", "ud")
        }
    assert found == {"": held["ub"], "ua": held["ub"], "ub": held["ud"], "ud": held["ub"]}


async def test_a_name_is_changed_and_nothing_else(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.credentials.add(CREDENTIAL)
        assert await tx.credentials.rename(CREDENTIAL.id, "業務用 key")
        assert not await tx.credentials.rename("another", "x")
        assert await tx.credentials.list("u1") == [replace(CREDENTIAL, name="業務用 key")]


async def test_groups_are_listed_by_id_without_those_of_the_disabled(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        for number, groups in enumerate((["a"], ["b", "c"], [], ["d"])):
            await tx.users.add(replace(user(number), groups=frozenset(groups), disabled_at=None))
        await tx.users.replace(replace(user(2), disabled_at=NOW))
        every = [Model(frozenset(groups), user(0).attributes) for groups in ("a", "bc", "d")]
        assert await tx.users.list_models("", 9) == every
        assert await tx.users.list_models(user(0).id, 1) == every[1:2]
        assert await tx.users.list_models(user(3).id, 9) == []
