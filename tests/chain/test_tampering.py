"""Whoever changes the log in the database is found out, by the number of the first record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from idp.chain import statement
from idp.chain.digest import BEGINNING, advance, digest
from idp.chain.linking import POINT_SECONDS
from idp.chain.reading import feed, verify
from idp.chain.statement import Statement
from idp.chain.verifying import Broken
from keys.jws import SigningKey
from storage import Storage
from storage.sql import SQLTransaction
from tests.chain.conftest import House

LAST = 6
SWAP = (
    "UPDATE audit SET seq = -1 WHERE tenant = 'acme' AND seq = 2",
    "UPDATE audit SET seq = 2 WHERE tenant = 'acme' AND seq = 4",
    "UPDATE audit SET seq = 4 WHERE tenant = 'acme' AND seq = -1",
)
INSERT = """
INSERT INTO audit (tenant, id, at, event, service, address, request_id, reference, details, version, seq)
SELECT tenant, id || 'x', at, event, service, address, request_id, reference, details, version, {seq}
FROM audit WHERE tenant = 'acme' AND seq = 1"""
WAYS: dict[str, tuple[tuple[str, ...], str]] = {
    "alter": (("UPDATE audit SET event = 'login.denied' WHERE seq = 3",), "record 3 was altered"),
    "alter what is sealed": (("UPDATE audit SET sealed = NULL WHERE seq = 3",), "record 3 was altered"),
    "alter a time": (("UPDATE audit SET at = at - 60 WHERE seq = 5",), "record 5 was altered"),
    "delete": (("DELETE FROM audit WHERE seq = 2",), "record 2 is missing"),
    "delete and close the gap": (
        (
            "DELETE FROM audit WHERE seq = 2",
            *(f"UPDATE audit SET seq = {seq - 1} WHERE seq = {seq}" for seq in range(3, LAST + 1)),
        ),
        "record 2 is in the wrong place: it was record 3",
    ),
    "cut": (("DELETE FROM audit WHERE seq >= 5",), "record 5 is missing"),
    "delete from the beginning": (("DELETE FROM audit WHERE seq <= 2",), "record 1 is missing"),
    "reorder": (SWAP, "record 2 is in the wrong place: it was record 4"),
    "insert behind": ((INSERT.format(seq=LAST + 1),), f"record {LAST + 1} was inserted"),
    "insert before": ((INSERT.format(seq=0),), "record 0 was inserted"),
    "put another in its place": (
        ("DELETE FROM audit WHERE seq = 4", INSERT.format(seq=4)),
        "record 4 was altered, or another was put in its place",
    ),
    "alter what was signed": (
        ("UPDATE audit_checkpoints SET statement = 'e30.e30.e30' WHERE number = 1",),
        "checkpoint 1 was altered",
    ),
    "move the end": (
        ("UPDATE audit_checkpoints SET last_seq = 3 WHERE number = 1", "DELETE FROM audit WHERE seq > 3"),
        "checkpoint 1 was altered",
    ),
    "delete checkpoints with their records": (
        ("DELETE FROM audit_checkpoints WHERE number = 1", "DELETE FROM audit WHERE seq <= 4"),
        "record 1 is missing: all before record 5 was deleted, and nobody signed that",
    ),
}


@pytest.fixture
async def linked(house: House) -> House:
    """Six records under two checkpoints."""
    await house.write("login.accepted", "session.ended", "proof.refused", "login.denied")
    assert await house.link() == 4
    house.now += POINT_SECONDS
    await house.write("login.accepted", "session.ended")
    assert await house.link() == 2
    return house


async def found(house: House, tx: SQLTransaction, *anchors: str) -> str:
    with pytest.raises(Broken) as broken:
        await feed(tx, house.verification(*anchors))
    return str(broken.value)


async def test_each_kind_of_tampering_is_found_with_its_place(linked: House) -> None:
    """THREAT_MODEL.md 31: Delete, alter, reorder or cut any record and the verifier names the place."""
    whole = await verify(linked.store, "acme", linked.verification)
    assert (whole.first, whole.last, whole.records) == (1, LAST, LAST)
    for way, (statements, words) in WAYS.items():
        async with linked.tampering() as tx:
            for text in statements:
                await tx.connection.query(text)
            said = await found(linked, tx)
        assert said.startswith(words), (way, said)
    assert (await verify(linked.store, "acme", linked.verification)).records == LAST


async def test_digests_that_are_made_to_fit_need_a_signature(linked: House) -> None:
    """Who alters a record and computes everything anew cannot sign it; the one that he altered is still named where he
    left the list of digests, and else the checkpoint.
    """
    async with linked.tampering() as tx:
        await tx.connection.query("UPDATE audit SET event = 'login.denied' WHERE seq = 5")
        (point,) = await tx.audit_chain.checkpoints(after=1)
        digests = b"".join([digest("acme", each) for each in await tx.audit_chain.list(4, LAST, 9)])
        await tx.connection.query("UPDATE audit_checkpoints SET digests = :d WHERE number = 2", d=digests)
        assert "checkpoint 2 was altered: what it says of records 5 to 6" in await found(linked, tx)
        stranger = SigningKey.generate("EdDSA")
        head = advance(BEGINNING, [digest("acme", each) for each in await tx.audit_chain.list(0, LAST, 9)])
        said = Statement("acme", 2, 5, LAST, statement.read(point.statement, {linked.key.kid: linked.key}.get).before,
                         head, linked.now)  # fmt: skip
        await tx.audit_chain.put(statement.checkpoint(stranger, said, digests, linked.now))
        assert "checkpoint 2 was altered: its signature does not hold" in await found(linked, tx)


async def test_a_cut_that_takes_the_checkpoints_too_is_found_by_the_anchor(linked: House) -> None:
    """THREAT_MODEL.md 31: … or cut any record and the verifier names the place: the newest statement lies elsewhere."""
    await linked.linker.drop_anchor()
    assert linked.anchor is not None
    anchored = linked.anchor.read_text().split()
    assert len(anchored) == 1
    async with linked.tampering() as tx:
        await tx.connection.query("DELETE FROM audit WHERE seq > 4")
        await tx.connection.query("DELETE FROM audit_checkpoints WHERE number = 2")
        assert (await feed(tx, linked.verification())).last == 4
        said = await found(linked, tx, *anchored)
        assert said == f"the log was cut behind record 4: the anchor knows record {LAST}"
        assert await found(linked, tx, "e30.e30.e30") == "no line of the anchor is of this log"


async def test_a_log_that_was_written_anew_with_the_key_is_found_by_the_anchor(linked: House) -> None:
    """Who has the database and the master key can sign whatever he likes, but not what was anchored before."""
    await linked.linker.drop_anchor()
    assert linked.anchor is not None
    anchored = linked.anchor.read_text().split()
    async with linked.tampering() as tx:
        await tx.connection.query("UPDATE audit SET event = 'login.denied' WHERE seq = 2")
        await tx.connection.query("DELETE FROM audit_checkpoints WHERE tenant = 'acme'")
        digests = [digest("acme", each) for each in await tx.audit_chain.list(0, LAST, 9)]
        said = Statement("acme", 1, 1, LAST, BEGINNING, advance(BEGINNING, digests), linked.now)
        await tx.audit_chain.put(statement.checkpoint(linked.key, said, b"".join(digests), linked.now))
        assert (await feed(tx, linked.verification())).records == LAST
        assert "was written anew" in await found(linked, tx, *anchored)


async def test_a_record_of_another_tenant_does_not_fit(
    linked: House, new_house: Callable[..., Any], store: Storage
) -> None:
    """A digest begins with its tenant, and each tenant signs with a key of its own."""
    other = await new_house("other")
    await other.write("login.accepted", "session.ended", "proof.refused", "login.denied")
    await other.link()
    theirs = (await other.store.snapshot("other").__aenter__()).audit_chain
    (point,), (_, second, *_) = await theirs.checkpoints(), await theirs.list(0, 9, 9)
    async with linked.tampering() as tx:
        await tx.connection.query("DELETE FROM audit WHERE tenant = 'acme' AND seq = 2")
        names = ("id", "at", "event", "user_id", "service", "address", "request_id", "reference", "details")
        columns = (*names, "version", "seq", "sealed")
        insert = f"INSERT INTO audit (tenant, {', '.join(columns)}) VALUES (:tenant, :{', :'.join(columns)})"
        await tx.connection.query(insert, **{name: getattr(second, name) for name in columns})
        assert (await found(linked, tx)).startswith("record 2 was altered, or another was put in its place")
        await tx.audit_chain.put(point)
        assert "checkpoint 1 was altered" in await found(linked, tx)


@pytest.mark.parametrize(
    "change",
    [
        ("DELETE FROM audit_checkpoints WHERE number = 2", "DELETE FROM audit WHERE seq > 4"),
        ("UPDATE audit_checkpoints SET statement = 'e30.e30.e30' WHERE number = 2",),
        ("UPDATE audit_checkpoints SET number = 9, last_seq = 9 WHERE number = 1",),
    ],
    ids=["cut", "altered", "another's"],
)
async def test_nothing_is_linked_to_an_end_that_was_altered(linked: House, change: tuple[str, ...]) -> None:
    """A change under a running server is told by `idp health`, and not covered by what comes next."""
    async with linked.store.transaction("acme") as tx:
        assert isinstance(tx, SQLTransaction)
        for text in change:
            await tx.connection.query(text)
    await linked.write("login.accepted")
    assert await linked.link() == 0
    (notice,) = linked.provider.notices["chain/acme"]
    assert notice == "acme: the audit log was tampered with, run idp audit verify"
