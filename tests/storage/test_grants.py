"""`storage.contract.Grants` and `Tokens`."""

from __future__ import annotations

from dataclasses import replace

from storage import Storage
from tests.storage.examples import ACCESS, GRANT, LATER, NOW, REFRESH, USER, add_login, user

CODE = b"\x02" * 32


async def test_a_grant_comes_back_as_it_was_added(store: Storage) -> None:
    codeless = replace(GRANT, id="g2", code_hash=None, code_expires_at=0, scope=())
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        await tx.grants.add(GRANT)
        await tx.grants.add(codeless)
        assert await tx.grants.find("g1") == GRANT
        assert await tx.grants.find("g2") == codeless
        assert await tx.grants.find("g3") is None


async def test_a_code_opens_its_grant_once(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await add_login(tx)
    async with store.transaction("acme") as tx:
        used = replace(GRANT, code_used_at=NOW + 1)
        assert await tx.grants.consume_code(CODE, NOW + 1) == used
        assert await tx.grants.consume_code(CODE, NOW + 1) is None
        assert await tx.grants.find("g1") == used


async def test_a_code_that_expired_or_is_unknown_opens_nothing(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await add_login(tx)
        assert await tx.grants.consume_code(CODE, NOW + 60) is None
        assert await tx.grants.consume_code(b"unknown", NOW) is None
        assert await tx.grants.find("g1") == GRANT


async def test_a_code_that_comes_again_revokes_what_it_gave(store: Storage) -> None:
    """THREAT_MODEL.md 14: code replay revokes what the code gave (RFC 6749 §4.1.2)."""
    async with store.transaction("acme") as tx:
        await add_login(tx)
        assert await tx.grants.revoke_code(CODE) is None  # it was not used yet
        await tx.grants.consume_code(CODE, NOW)
        assert await tx.grants.revoke_code(CODE) == replace(GRANT, code_used_at=NOW)
        assert await tx.grants.find("g1") is None
        assert await tx.tokens.find(ACCESS.token_hash, "access", NOW) is None
        assert await tx.tokens.find(REFRESH.token_hash, "refresh", NOW) is None


async def test_a_deleted_grant_takes_its_tokens_along(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await add_login(tx)
        assert await tx.grants.delete("g1") is True
        assert await tx.grants.delete("g1") is False
        assert await tx.tokens.find(REFRESH.token_hash, "refresh", NOW) is None


async def test_all_grants_of_a_user_can_be_deleted(store: Storage) -> None:
    others = replace(GRANT, id="g3", user_id="u2", code_hash=b"3")
    async with store.transaction("acme") as tx:
        await add_login(tx)
        await tx.users.add(user(2))
        await tx.grants.add(replace(GRANT, id="g2", code_hash=b"2"))
        await tx.grants.add(others)
        assert await tx.grants.delete_of("u1") == 2
        assert await tx.grants.delete_of("u1") == 0
        assert await tx.grants.find("g3") == others


async def test_a_token_is_found_with_its_grant_by_its_own_kind_only(store: Storage) -> None:
    """THREAT_MODEL.md 13: a value made for one purpose is never taken for another."""
    async with store.transaction("acme") as tx:
        await add_login(tx)
        assert await tx.tokens.find(ACCESS.token_hash, "access", NOW) == (ACCESS, GRANT)
        assert await tx.tokens.find(REFRESH.token_hash, "refresh", NOW) == (REFRESH, GRANT)
        assert await tx.tokens.find(ACCESS.token_hash, "refresh", NOW) is None
        assert await tx.tokens.find(REFRESH.token_hash, "access", NOW) is None
        assert await tx.tokens.rotate(ACCESS.token_hash, NOW) is False


async def test_a_token_ends_with_its_last_second(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await add_login(tx)
        assert await tx.tokens.find(ACCESS.token_hash, "access", LATER) is None
        assert await tx.tokens.rotate(REFRESH.token_hash, LATER) is False


async def test_a_refresh_token_is_rotated_once_and_its_reuse_is_seen(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await add_login(tx)
        assert await tx.tokens.rotate(REFRESH.token_hash, NOW + 1) is True
        assert await tx.tokens.rotate(REFRESH.token_hash, NOW + 2) is False
        assert await tx.tokens.rotate(b"unknown", NOW) is False
        found = await tx.tokens.find(REFRESH.token_hash, "refresh", NOW + 2)
        assert found == (replace(REFRESH, used_at=NOW + 1), GRANT)


async def test_a_deleted_token_is_gone_and_its_siblings_stay(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await add_login(tx)
        assert await tx.tokens.delete(ACCESS.token_hash) is True
        assert await tx.tokens.delete(ACCESS.token_hash) is False
        assert await tx.tokens.find(ACCESS.token_hash, "access", NOW) is None
        assert await tx.tokens.find(REFRESH.token_hash, "refresh", NOW) is not None
