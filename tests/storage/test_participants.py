"""`storage.participants`."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from storage import Storage
from tests.storage.examples import ARTIFACT, LATER, NOW, PARTICIPANT


async def test_a_participant_is_found_by_what_its_service_says_of_it(store: Storage) -> None:
    again = replace(PARTICIPANT, session_index="s2", name_hash=b"\x0a" * 32)
    elsewhere = replace(PARTICIPANT, session_index="s3", client_id="https://mail.example.com/sp")
    async with store.transaction("acme") as tx:
        for each in (again, PARTICIPANT, elsewhere):
            await tx.participants.add(each)
        client, sid = PARTICIPANT.client_id, PARTICIPANT.sid
        assert await tx.participants.find(client, "s1") == PARTICIPANT
        assert await tx.participants.find(client, "s3") is None
        assert await tx.participants.list(sid, client) == [PARTICIPANT, again]
        assert await tx.participants.list_at(sid) == [elsewhere, PARTICIPANT, again]
        assert await tx.participants.list_at("nobody's") == []
        assert await tx.participants.list_named(client, PARTICIPANT.name_hash) == [PARTICIPANT]
        assert await tx.participants.delete_of(sid, client, again.name_hash) == 1
        assert await tx.participants.delete_of(sid, client) == 1
        assert await tx.participants.list(sid, client) == []
        assert await tx.participants.find(elsewhere.client_id, "s3") == elsewhere
    async with store.snapshot("other") as tx:
        assert await tx.participants.find(elsewhere.client_id, "s3") is None


async def test_an_artifact_is_given_once_to_the_one_it_is_for_while_it_lives(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.artifacts.add(ARTIFACT)
        assert await tx.artifacts.consume(ARTIFACT.handle_hash, "https://other.example.com", NOW) is None
        assert await tx.artifacts.consume(ARTIFACT.handle_hash, ARTIFACT.client_id, LATER) is None
    async with store.transaction("other") as tx:
        assert await tx.artifacts.consume(ARTIFACT.handle_hash, ARTIFACT.client_id, NOW) is None

    async def redeem() -> bool:
        async with store.transaction("acme") as tx:
            found = await tx.artifacts.consume(ARTIFACT.handle_hash, ARTIFACT.client_id, NOW)
        assert found in (None, ARTIFACT)
        return found is not None

    assert sum(await asyncio.gather(*(redeem() for _ in range(50)))) == 1


async def test_both_are_swept_when_they_are_over(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.participants.add(PARTICIPANT)
        await tx.artifacts.add(ARTIFACT)
    assert await store.sweep("acme", LATER - 1) == 0
    assert await store.sweep("acme", LATER) == 2
