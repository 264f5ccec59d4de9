"""`storage.certificates`: authorities, and what they issued until it ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storage import Duplicate, Storage
from storage.certificates import AuthorityRecord, IssuedCertificate
from storage.records import Credential
from tests.storage.examples import LATER, NOW, USER

OLD = AuthorityRecord("old", "retired", b"\x00sealed", b"0\x82 certificate", NOW, NOW + 1)
NEW = AuthorityRecord("new", "active", b"\x00sealed'", b"0\x82 other", NOW + 1, NOW + 1)
FIRST = IssuedCertificate("0a", "new", "u1", NOW, LATER)
SECOND = IssuedCertificate("0b", "new", "u1", NOW + 1, LATER + 10)
HELD = Credential("0a", "u1", "certificate", b"\x00", NOW, NOW)


async def fill(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        for authority in (NEW, OLD):
            await tx.authorities.add(authority)
        for issued in (SECOND, FIRST):
            await tx.issued_certificates.add(issued)
            await tx.credentials.add(replace(HELD, id=issued.serial))


async def test_authorities_are_kept_in_order_and_move(store: Storage) -> None:
    await fill(store)
    async with store.transaction("acme") as tx:
        assert await tx.authorities.list() == [OLD, NEW]
        assert await tx.authorities.move("new", "retired", LATER)
        assert not await tx.authorities.move("none", "retired", LATER)
        assert await tx.authorities.list() == [OLD, replace(NEW, state="retired", changed_at=LATER)]
    async with store.transaction("other") as tx:
        assert await tx.authorities.list() == []
    with pytest.raises(Duplicate):
        async with store.transaction("acme") as tx:
            await tx.authorities.add(OLD)


async def test_an_authority_goes_with_what_it_issued(store: Storage) -> None:
    await fill(store)
    async with store.transaction("acme") as tx:
        await tx.issued_certificates.add(replace(FIRST, serial="0c", authority="old"))
        await tx.credentials.add(replace(HELD, id="0c"))
        assert await tx.authorities.delete("new")
        assert not await tx.authorities.delete("new")
        assert [one.serial for one in await tx.issued_certificates.list()] == ["0c"]
        assert [one.id for one in await tx.credentials.list("u1")] == ["0c"]


async def test_certificates_are_found_and_listed(store: Storage) -> None:
    await fill(store)
    async with store.snapshot("acme") as tx:
        assert await tx.issued_certificates.find("0a") == FIRST
        assert await tx.issued_certificates.find("0A") is None
        assert await tx.issued_certificates.list() == [FIRST, SECOND]
        assert await tx.issued_certificates.list("0a", 5) == [SECOND]
        assert await tx.issued_certificates.list_of("u1") == [FIRST, SECOND]
        assert await tx.issued_certificates.list_of("u2") == []
    async with store.snapshot("other") as tx:
        assert await tx.issued_certificates.find("0a") is None
    with pytest.raises(Duplicate):
        async with store.transaction("acme") as tx:
            await tx.issued_certificates.add(replace(FIRST, user_id="u2"))


async def test_what_nobody_holds_is_revoked_once_and_listed_until_it_ends(store: Storage) -> None:
    await fill(store)
    gone = replace(FIRST, revoked_at=NOW + 5)
    async with store.transaction("acme") as tx:
        assert await tx.issued_certificates.revoke_unheld("u1", NOW) == []
        await tx.credentials.delete_one("0a")
        assert await tx.issued_certificates.revoke_unheld("u2", NOW) == []
        assert await tx.issued_certificates.revoke_unheld("u1", NOW + 5) == [gone]
        assert await tx.issued_certificates.revoke_unheld("u1", NOW + 6) == []
        assert await tx.issued_certificates.list_revoked("new", LATER - 1) == [gone]
        assert await tx.issued_certificates.list_revoked("new", LATER) == []
        assert await tx.issued_certificates.list_revoked("old", NOW) == []
        await tx.users.delete("u1")
        assert await tx.issued_certificates.list_revoked("new", NOW) == [gone], "its user is no matter"


async def test_one_that_ended_goes_with_its_credential(store: Storage) -> None:
    await fill(store)
    await store.sweep("acme", LATER)
    async with store.snapshot("acme") as tx:
        assert await tx.issued_certificates.list() == [SECOND]
        assert [one.id for one in await tx.credentials.list("u1")] == ["0b"]
