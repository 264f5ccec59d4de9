"""`storage.presented`: what may not be presented again."""

from __future__ import annotations

from dataclasses import replace

from storage import Storage
from storage.presented import RetryAnswer, ServiceToken
from tests.storage.examples import ACCESS, LATER, NOW, REFRESH, add_login

SUCCESSOR = replace(REFRESH, token_hash=b"5" * 32)
OWN = ServiceToken(
    b"6" * 32, "robot", "robot-1", ("read",), ("https://api.example.com",), "jkt", NOW, LATER, "x5t"
)
ANSWER = RetryAnswer(REFRESH.token_hash, SUCCESSOR.token_hash, b"\x00sealed", NOW + 10)


async def test_an_identifier_is_spent_once(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        assert await tx.spent_identifiers.add(b"one", LATER) is True
        assert await tx.spent_identifiers.add(b"one", LATER + 1) is False
        assert await tx.spent_identifiers.add(b"two", LATER) is True
    async with store.transaction("acme") as tx:
        assert await tx.spent_identifiers.add(b"one", LATER) is False
    async with store.transaction("other") as tx:
        assert await tx.spent_identifiers.add(b"one", LATER) is True


async def test_a_spent_identifier_is_swept_when_it_would_be_refused_anyhow(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.spent_identifiers.add(b"one", LATER)
    assert await store.sweep("acme", LATER - 1) == 0
    assert await store.sweep("acme", LATER) == 1


async def test_an_answer_is_found_until_its_end_or_its_use(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await add_login(tx)
        await tx.tokens.add(SUCCESSOR)
        await tx.retry_answers.add(ANSWER)
        assert await tx.retry_answers.find(REFRESH.token_hash, NOW + 9) == ANSWER
        assert await tx.retry_answers.find(REFRESH.token_hash, NOW + 10) is None
        assert await tx.retry_answers.find(ACCESS.token_hash, NOW) is None
        await tx.tokens.rotate(SUCCESSOR.token_hash, NOW + 1)
        assert await tx.retry_answers.find(REFRESH.token_hash, NOW + 2) is None


async def test_an_answer_goes_with_its_grant(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await add_login(tx)
        await tx.tokens.add(SUCCESSOR)
        await tx.retry_answers.add(ANSWER)
        await tx.grants.delete("g1")
        assert await tx.retry_answers.find(REFRESH.token_hash, NOW) is None


async def test_a_token_in_a_services_own_name_is_found_until_its_end(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.service_tokens.add(OWN)
        assert await tx.service_tokens.find(OWN.token_hash, LATER - 1) == OWN
        assert await tx.service_tokens.find(OWN.token_hash, LATER) is None
        assert await tx.tokens.find(OWN.token_hash, "access", NOW) is None
    async with store.transaction("other") as tx:
        assert await tx.service_tokens.find(OWN.token_hash, NOW) is None
        assert await tx.service_tokens.delete(OWN.token_hash) is False
    async with store.transaction("acme") as tx:
        assert await tx.service_tokens.delete(OWN.token_hash) is True
        assert await tx.service_tokens.find(OWN.token_hash, NOW) is None
        await tx.service_tokens.add(OWN)
    assert await store.sweep("acme", LATER) == 1
