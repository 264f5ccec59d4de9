"""`storage.certified`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storage import Duplicate, Storage
from tests.storage.examples import CERTIFIED_KEY, LATER, NOW, USER


async def test_keys_with_certificates_are_listed_oldest_first(store: Storage) -> None:
    older = replace(CERTIFIED_KEY, kid="z", purpose="encryption", created_at=NOW - 1)
    async with store.transaction("acme") as tx:
        await tx.certified_keys.add(CERTIFIED_KEY)
        await tx.certified_keys.add(older)
        assert await tx.certified_keys.list() == [older, CERTIFIED_KEY]
        with pytest.raises(Duplicate):
            await tx.certified_keys.add(CERTIFIED_KEY)


async def test_a_key_with_a_certificate_moves_and_goes(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.certified_keys.add(CERTIFIED_KEY)
        assert await tx.certified_keys.move("c1", "active", LATER) is True
        assert await tx.certified_keys.move("c2", "active", LATER) is False
        assert await tx.certified_keys.list() == [replace(CERTIFIED_KEY, state="active", changed_at=LATER)]
        assert await tx.certified_keys.delete("c1") is True
        assert await tx.certified_keys.delete("c1") is False
    async with store.transaction("other") as tx:
        assert await tx.certified_keys.list() == []


async def test_a_revision_rises_for_one_user_at_one_service_and_goes_with_him(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        assert await tx.name_revisions.find(USER.id, "wiki") is None
        await tx.name_revisions.add(USER.id, "wiki", NOW)
        assert await tx.name_revisions.find(USER.id, "wiki") == 0
        assert await tx.name_revisions.advance(USER.id, "wiki", NOW) == 1
        await tx.name_revisions.add(USER.id, "wiki", LATER)
        assert await tx.name_revisions.advance(USER.id, "wiki", LATER) == 2
        assert await tx.name_revisions.find(USER.id, "wiki") == 2
        assert await tx.name_revisions.advance(USER.id, "mail", NOW) == 1
        await tx.users.delete(USER.id)
        assert await tx.name_revisions.find(USER.id, "wiki") is None
