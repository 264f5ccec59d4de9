"""`storage.network`: tables shown for network logins, and the sessions that NASes report."""

from __future__ import annotations

from dataclasses import replace

from storage import Storage
from storage.network import NetworkSession, WebToken
from tests.storage.examples import LATER, NOW

TABLE = WebToken("alice", "matrix", {"table": ["12", "34"], "expires_at": LATER}, NOW, LATER)
SESSION = NetworkSession(
    id="s1",
    service="vpn",
    user_id="u1",
    username="alice",
    nas="192.0.2.10",
    session="0000 'a1%",
    station="198.51.100.7",
    framed="10.1.2.3",
    began_at=NOW,
    seen_at=NOW,
    ended_at=None,
    expires_at=LATER,
)


async def test_the_newest_table_counts_once_and_not_after_its_end(store: Storage) -> None:
    newer = replace(TABLE, prompt={"table": ["56", "78"]}, created_at=NOW + 1, expires_at=LATER + 1)
    async with store.transaction("acme") as tx:
        await tx.web_tokens.replace(TABLE)
        await tx.web_tokens.replace(newer)
        assert await tx.web_tokens.consume("alice", "matrix", LATER + 1) is None
        assert await tx.web_tokens.consume("bob", "matrix", NOW) is None
        assert await tx.web_tokens.consume("alice", "other", NOW) is None
        assert await tx.web_tokens.consume("alice", "matrix", NOW) == newer
        assert await tx.web_tokens.consume("alice", "matrix", NOW) is None


async def test_a_report_takes_the_place_of_the_one_before(store: Storage) -> None:
    interim = replace(SESSION, framed="", began_at=NOW + 9, seen_at=NOW + 9, seconds=9, octets_in=2**40)
    stop = replace(interim, ended_at=NOW + 20, seconds=20, cause="User-Request")
    async with store.transaction("acme") as tx:
        await tx.network_sessions.replace(SESSION)
        await tx.network_sessions.replace(interim)
        expected = replace(interim, framed=SESSION.framed, began_at=NOW)
        assert await tx.network_sessions.list_of("u1", NOW) == [expected]
        assert await tx.network_sessions.list_of("u1", LATER) == []
        await tx.network_sessions.replace(stop)
        await tx.network_sessions.replace(replace(interim, seconds=15))  # overtaken by the end
        found = await tx.network_sessions.find("s1")
        assert found == replace(stop, framed=SESSION.framed, began_at=NOW)
        assert await tx.network_sessions.list_of("u1", NOW) == []


async def test_what_a_nas_reported_ends_when_it_begins_anew(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        for one in (SESSION, replace(SESSION, id="s2"), replace(SESSION, id="s3", nas="192.0.2.11")):
            await tx.network_sessions.replace(one)
        assert await tx.network_sessions.end_of("vpn", "192.0.2.10", NOW + 1, "NAS-Reboot") == 2
        assert [one.id for one in await tx.network_sessions.list_of("u1", NOW)] == ["s3"]


async def test_both_are_swept_when_they_are_over(store: Storage) -> None:
    async with store.transaction("acme") as tx:
        await tx.web_tokens.replace(TABLE)
        await tx.network_sessions.replace(SESSION)
    assert await store.sweep("acme", LATER - 1) == 0
    assert await store.sweep("acme", LATER) == 2
