"""`storage.contract.Interactions` and `Sessions`."""

from __future__ import annotations

from dataclasses import replace

from storage import Storage
from storage.records import Interaction
from tests.storage.examples import INTERACTION, LATER, NOW, SESSION, USER, user


async def test_an_interaction_comes_back_as_it_was_added(store: Storage) -> None:
    early = Interaction("i2", b"b", "saml", "wiki", {}, NOW, LATER)
    async with store.transaction("acme") as tx:
        await tx.interactions.add(INTERACTION)
        await tx.interactions.add(early)
        assert await tx.interactions.find("i1", NOW) == INTERACTION
        assert await tx.interactions.find("i2", NOW) == early


async def test_an_interaction_is_consumed_once(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.interactions.add(INTERACTION)
    async with store.transaction("acme") as tx:
        assert await tx.interactions.consume("i1", b"of another browser", NOW) is None
        assert await tx.interactions.consume("i1", INTERACTION.browser_hash, NOW) == INTERACTION
        assert await tx.interactions.consume("i1", INTERACTION.browser_hash, NOW) is None
        assert await tx.interactions.find("i1", NOW) is None


async def test_an_interaction_ends_with_its_last_second(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.interactions.add(INTERACTION)
        assert await tx.interactions.find("i1", LATER) is None
        assert await tx.interactions.consume("i1", INTERACTION.browser_hash, LATER) is None
        assert await tx.interactions.find("i1", LATER - 1) == INTERACTION


async def test_a_consumed_interaction_can_go_on_under_its_id(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.interactions.add(INTERACTION)
        await tx.interactions.consume("i1", INTERACTION.browser_hash, NOW)
        await tx.interactions.add(replace(INTERACTION, step="s3"))
    async with store.snapshot("acme") as tx:
        assert await tx.interactions.find("i1", NOW) == replace(INTERACTION, step="s3")


async def test_of_a_user_all_logins_end_and_nobody_elses(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        for number, user_id in enumerate(("u1", "u1", "u2", None)):
            await tx.interactions.add(replace(INTERACTION, id=f"i{number}", user_id=user_id))
        assert await tx.interactions.delete_of("u1") == 2
        assert [bool(await tx.interactions.find(f"i{each}", NOW)) for each in range(4)] == [
            False,
            False,
            True,
            True,
        ]


async def test_a_session_comes_back_until_its_absolute_end(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.sessions.add(SESSION)
        assert await tx.sessions.find(SESSION.id_hash, LATER - 1) == SESSION
        assert await tx.sessions.find(SESSION.id_hash, LATER) is None
        assert await tx.sessions.find(b"other", NOW) is None
        assert await tx.sessions.find_by_sid("sid1", LATER - 1) == SESSION
        assert await tx.sessions.find_by_sid("sid1", LATER) is None
        assert await tx.sessions.find_by_sid("sid2", NOW) is None


async def test_touch_says_when_a_session_was_seen(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.sessions.add(SESSION)
        await tx.sessions.touch(SESSION.id_hash, NOW + 9)
        assert await tx.sessions.find(SESSION.id_hash, NOW) == replace(SESSION, seen_at=NOW + 9)


async def test_the_live_sessions_of_one_user_are_listed(store: Storage) -> None:
    second = replace(SESSION, id_hash=b"2", sid="sid2", created_at=NOW + 1)
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.users.add(user(2))
        await tx.sessions.add(second)
        await tx.sessions.add(SESSION)
        await tx.sessions.add(replace(SESSION, id_hash=b"3", expires_at=NOW))
        await tx.sessions.add(replace(SESSION, id_hash=b"4", user_id="u2"))
        assert await tx.sessions.list("u1", NOW) == [SESSION, second]


async def test_sessions_end_alone_or_all_of_a_user(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.users.add(user(2))
        for number in b"123":
            await tx.sessions.add(replace(SESSION, id_hash=bytes([number])))
        await tx.sessions.add(replace(SESSION, id_hash=b"other", user_id="u2"))
        await tx.sessions.add(replace(SESSION, id_hash=b"over", user_id="u2", expires_at=NOW))
        assert await tx.sessions.count(NOW) == 4
        assert await tx.sessions.delete(b"1") is True
        assert await tx.sessions.delete(b"1") is False
        assert await tx.sessions.delete_of("u1") == 2
        assert await tx.sessions.delete_of("u1") == 0
        assert len(await tx.sessions.list("u2", NOW)) == 1
