"""`storage.mails`: mail that waits, mail that is dead, and links that were mailed."""

from __future__ import annotations

from dataclasses import replace

from storage import Storage
from storage.mails import Backlog
from storage.sql.expired import GRACE_SECONDS
from tests.storage.examples import LATER, MAIL, NOW, RESET_LINK, USER

DUE = NOW + 5
UNTIL = NOW + 60


async def test_it_is_claimed_when_it_is_due_and_comes_back_if_nobody_sends_it(store: Storage) -> None:
    """A node that dies in the middle loses nothing."""
    async with store.transaction("acme") as tx:
        await tx.mails.add(MAIL)
        assert await tx.mails.claim(DUE - 1, UNTIL) is None
        claimed = replace(MAIL, due_at=UNTIL, attempts=2)
        assert await tx.mails.claim(DUE, UNTIL) == claimed
        assert await tx.mails.claim(UNTIL - 1, UNTIL) is None
        assert await tx.mails.claim(UNTIL, UNTIL + 60) == replace(claimed, due_at=UNTIL + 60, attempts=3)
        await tx.mails.postpone("m1", LATER, "timed out")
        assert await tx.mails.list() == [replace(claimed, due_at=LATER, failure="timed out", attempts=3)]
        assert await tx.mails.delete("m1") is True
        assert await tx.mails.delete("m1") is False


async def test_nobody_tries_the_dead_until_one_is_revived(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.mails.add(MAIL)
        await tx.mails.add(replace(MAIL, id="m2", created_at=NOW - 9))
        assert await tx.mails.backlog() == Backlog(0, NOW - 9, 2)
        await tx.mails.bury("m2", NOW, "refused")
        assert await tx.mails.backlog() == Backlog(1, NOW, 1)
        dead = await tx.mails.find("m2")
        assert dead is not None and (dead.dead_at, dead.failure) == (NOW, "refused")
        assert await tx.mails.list(dead=True) == [dead] and await tx.mails.list() == [MAIL]
        claimed = await tx.mails.claim(DUE, UNTIL)
        assert claimed is not None and claimed.id == "m1" and await tx.mails.claim(DUE, UNTIL) is None
        assert await tx.mails.revive("m2", NOW + 7, LATER) is True
        assert await tx.mails.revive("m3", NOW, LATER) is False
        again = await tx.mails.claim(NOW + 7, UNTIL)
        assert again is not None and (again.id, again.attempts, again.last_at) == ("m2", 1, LATER)


async def test_a_link_is_taken_once_and_goes_with_its_user_and_its_time(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.reset_links.add(RESET_LINK)
        assert await tx.reset_links.find(RESET_LINK.token_hash, LATER - 1) == RESET_LINK
        assert await tx.reset_links.find(RESET_LINK.token_hash, LATER) is None
        assert await tx.reset_links.consume(RESET_LINK.token_hash, LATER) is None
        assert await tx.reset_links.consume(RESET_LINK.token_hash, NOW) == RESET_LINK
        assert await tx.reset_links.consume(RESET_LINK.token_hash, NOW) is None
        await tx.reset_links.add(RESET_LINK)
        assert await tx.reset_links.delete_of("u1") == 1
        await tx.reset_links.add(RESET_LINK)
        await tx.users.delete("u1")
        assert await tx.reset_links.find(RESET_LINK.token_hash, NOW) is None


async def test_what_has_expired_is_swept(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.mails.add(MAIL)
        await tx.reset_links.add(RESET_LINK)
    assert await store.sweep("acme", LATER - 1) == 0
    assert await store.sweep("acme", LATER) == 1
    assert await store.sweep("acme", LATER + GRACE_SECONDS) == 1  # who opened the link in time finishes


async def test_people_are_found_by_their_address_in_any_letters(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(replace(USER, email="Alice@Example.jp"))
        await tx.users.add(replace(USER, id="u2", username="shared", email="alice@example.jp"))
        await tx.users.add(replace(USER, id="u3", username="none", email=None))
        found = await tx.users.list_by_email("alice@EXAMPLE.jp")
        assert [each.id for each in found] == ["u1", "u2"]
        assert await tx.users.list_by_email("alice@example.com") == []
