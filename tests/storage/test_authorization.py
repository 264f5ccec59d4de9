"""`storage.authorization`: requests that wait, and what users agreed to."""

from __future__ import annotations

from dataclasses import replace

from storage import Storage
from storage.authorization import Consent
from tests.storage.examples import ACCESS, CONSENT, GRANT, LATER, NOW, USER, WAITING, user

PUSHED = replace(WAITING, id_hash=b"6", kind="pushed", sid="", browser_hash=None)


async def test_a_request_comes_back_as_it_was_added(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.authorization_requests.add(WAITING)
        await tx.authorization_requests.add(PUSHED)
    async with store.snapshot("acme") as tx:
        assert await tx.authorization_requests.find(WAITING.id_hash, NOW) == WAITING
        assert await tx.authorization_requests.find(PUSHED.id_hash, NOW) == PUSHED
        assert await tx.authorization_requests.find(b"unknown", NOW) is None


async def test_a_request_is_consumed_once_and_not_after_its_end(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.authorization_requests.add(WAITING)
        assert await tx.authorization_requests.consume(WAITING.id_hash, LATER) is None
        assert await tx.authorization_requests.consume(WAITING.id_hash, LATER - 1) == WAITING
        assert await tx.authorization_requests.consume(WAITING.id_hash, LATER - 1) is None


async def test_an_expired_request_is_swept(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.authorization_requests.add(WAITING)
    assert await store.sweep("acme", LATER - 1) == 0
    assert await store.sweep("acme", LATER) == 1


async def test_a_consent_is_replaced_listed_and_deleted(store: Storage) -> None:
    wider = replace(CONSENT, scope=("openid", "email"), given_at=NOW + 1)
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.consents.replace(Consent("u1", "wiki", (), NOW))
        await tx.consents.replace(CONSENT)
        assert await tx.consents.find("u1", "mail") == CONSENT
        await tx.consents.replace(wider)
        assert [consent.service for consent in await tx.consents.list("u1")] == ["mail", "wiki"]
        assert await tx.consents.find("u1", "mail") == wider
        assert await tx.consents.find("u2", "mail") is None
        assert await tx.consents.delete("u1", "mail") is True
        assert await tx.consents.delete("u1", "mail") is False
        assert await tx.consents.find("u1", "mail") is None


async def test_a_consent_goes_with_its_user(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.consents.replace(CONSENT)
        await tx.users.delete("u1")
        assert await tx.consents.list("u1") == []


async def test_what_a_user_gave_one_service_can_be_deleted(store: Storage) -> None:
    others = (replace(GRANT, id="g2", service="wiki", code_hash=b"2"),
              replace(GRANT, id="g3", user_id="u2", code_hash=b"3"))  # fmt: skip
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.users.add(user(2))
        for grant in (GRANT, *others):
            await tx.grants.add(grant)
        await tx.tokens.add(ACCESS)
        assert await tx.grants.delete_of("u1", "mail") == 1
        assert await tx.tokens.find(ACCESS.token_hash, "access", NOW) is None
        assert [await tx.grants.find(grant.id) for grant in others] == list(others)
