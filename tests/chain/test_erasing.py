"""What is of a person can be taken out of the log, and what is too old: the rest stays provable."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from idp.audit import record
from idp.chain import handing
from idp.chain.linking import Linker
from idp.chain.reading import feed, verify
from idp.chain.retention import Retention, kept_since
from idp.chain.verifying import Broken
from idp.leaps import Watch
from idp.login import Login
from idp.provider import IdentityProvider
from idp.sweeping import sweep_all
from storage.around import Around
from storage.person_keys import DAY_SECONDS
from tests.chain.conftest import NOW, ZONE, House

FOREVER = 1 << 40


async def exported(house: House) -> list[bytes]:
    async with house.store.snapshot("acme") as tx:
        return [line async for line in handing.lines(tx, "acme", ZONE, 0, FOREVER)]


async def test_an_erased_person_is_gone_and_the_log_is_whole(house: House) -> None:
    """THREAT_MODEL.md 31: Erasing a person keeps the proof. Neither the database nor a later export says who it was."""
    await house.write("login.accepted", agent="Firefox, Windows")
    await house.write("credential.added", device="Pixel 9", username="alice")
    await house.write("user.enabled", user_id="u-2", username="bob")
    await house.link()
    assert any(b"Pixel 9" in line for line in await exported(house))
    async with house.store.transaction("acme") as tx:
        await tx.users.delete("u-1")
        await tx.person_keys.erase("u-1", NOW)
        await record(tx, "user.erased", NOW, user_id="u-1", sessions=0)
    assert (await verify(house.store, "acme", house.verification)).records == 3
    lines = await exported(house)
    assert handing.verify_lines(lines, lambda _: house.verification(is_export=True)).records == 3
    assert not any(word in line for line in lines for word in (b"alice", b"Pixel 9", b"Firefox"))
    erased, _, bob = (json.loads(line) for line in lines[2:])
    assert erased["erased"] and erased["address"] == "" and "erased" not in bob
    assert bob["details"] == {"username": "bob"} and bob["address"] == "192.0.2.7"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            "UPDATE person_keys SET secret = (SELECT o.secret FROM person_keys o WHERE o.owner = 'u-2') "
            "WHERE owner = 'u-1'",
            "record 1 cannot be read: another key was put in its person's place",
        ),
        (
            "UPDATE person_keys SET secret = NULL WHERE owner = 'u-1'",
            "record 1 cannot be read: the key of u-1 was",
        ),
        (
            "DELETE FROM person_keys WHERE owner = 'u-1'",
            "record 1 cannot be read: the key of u-1 was destroyed",
        ),
    ],
    ids=["exchanged", "emptied", "deleted"],
)
async def test_a_person_whom_nobody_erased_can_be_read(house: House, change: str, words: str) -> None:
    """THREAT_MODEL.md 31: Digests are over what is sealed: who destroys keys in the database is found all the same."""
    await house.write("login.accepted", agent="Firefox, Windows")
    await house.write("login.accepted", user_id="u-2", agent="Safari")
    await house.link()
    async with house.tampering() as tx:
        await tx.connection.query(change)
        with pytest.raises(Broken) as broken:
            await feed(tx, house.verification())
        assert str(broken.value).startswith(words)


async def test_an_export_proves_itself(house: House) -> None:
    """THREAT_MODEL.md 31: On a file too: what is read there is what was signed, line by line."""
    await house.write("login.accepted", "login.accepted", "login.accepted", agent="Firefox")
    await house.link()
    lines = await exported(house)
    assert handing.verify_lines(lines, lambda _: house.verification(is_export=True)).last == 3

    def found(changed: list[bytes]) -> str:
        with pytest.raises(Broken) as broken:
            handing.verify_lines(changed, lambda _: house.verification(is_export=True))
        return str(broken.value)

    assert found([*lines[:3], lines[3].replace(b"Firefox", b"Safari"), lines[4]]) == (
        "record 2 was altered: it says something else than its proof"
    )
    assert "record 2 was altered" in found(
        [*lines[:3], lines[3].replace(b"login.accepted", b"login.started"), lines[4]]
    )
    assert found([*lines[:3], lines[4]]) == "record 2 is missing: it was deleted"
    assert found(lines[:-1]) == "record 3 is missing: it was deleted"
    assert "record 3" in found([*lines[:3], lines[4], lines[3]]) or "record 2" in found(
        [*lines[:3], lines[4], lines[3]]
    )
    assert found([*lines, lines[4]]).startswith("record 3 was inserted")
    assert found([*lines[:4], lines[4][:40]]) == "line 5 is not of an export, or was cut short"
    assert found([lines[0], *lines[2:]]).startswith("record 1 was inserted")
    assert found([]) == "the file is empty"


async def test_a_table_is_safe_for_spreadsheets(house: House) -> None:
    """What a stranger typed as a name must not be computed by whoever opens the file."""
    await house.write("recovery.asked", user_id=None, username="=HYPERLINK(1)")
    await house.write("network.began", user_id=None, session="=1+1")
    await house.write("login.denied", user_id="=cmd|calc", rule="x")
    await house.link()
    async with house.store.snapshot("acme") as tx:
        rows = [row async for row in handing.table(tx, ZONE, 0, FOREVER, lambda _: True)]
    assert rows[0].startswith('\ufeff"seq","time","event",') and len(rows) == 4
    assert '"{""username"":""=HYPERLINK(1)""}"' in rows[1]  # inside of a text: it begins with a brace
    assert ',"\'=cmd|calc",' in rows[3] and "2027-01-15T17:00:00+09:00" in rows[3]


def test_days_are_counted_from_the_next_day_in_the_tenants_zone() -> None:
    """THREAT_MODEL.md 31: 180 days from the next day: of January 1st until the end of June 30th, in Tokyo."""
    first = datetime(2026, 1, 1, 0, 0, tzinfo=ZONE).timestamp()
    last = datetime(2026, 1, 1, 23, 59, 59, tzinfo=ZONE).timestamp()
    on_the_last_day = int(datetime(2026, 6, 30, 23, 59, 59, tzinfo=ZONE).timestamp())
    assert kept_since(on_the_last_day, ZONE, 180) <= first
    assert kept_since(on_the_last_day + 1, ZONE, 180) == last + 1


async def test_what_is_too_old_goes_and_a_signed_statement_says_so(new_house: Callable[..., Any]) -> None:
    """THREAT_MODEL.md 31: Retention cuts from behind; the verifier accepts what was signed, and no other cut."""
    house = await new_house(days=3, unknown_days=1)
    for day in range(5):
        house.now = NOW + day * DAY_SECONDS
        await house.write("login.accepted")
        await house.write("recovery.asked", user_id=None, username="alise")
        await house.link()
    assert await Retention(house.provider).keep(house.tenant, house.now) == 2
    whole = await verify(house.store, "acme", house.verification)
    assert (whole.first, whole.last, whole.pruned is not None) == (3, 10, True)
    async with house.store.snapshot("acme") as tx:
        told = [(each.event, each.is_erased, each.details) for each in await tx.audit.list()]
    assert told[0] == (
        "audit.pruned",
        False,
        {"records": 2, "last_seq": 2, "before": NOW - 61200 + DAY_SECONDS},
    )
    assert told[1] == ("recovery.asked", False, {"username": "alise"})
    assert [is_erased for _, is_erased, _ in told[1:]] == [False] * 6 + [True, False]
    async with house.tampering() as tx:
        await tx.audit_chain.delete(4, 99)
        with pytest.raises(Broken, match="record 3 is missing"):
            await feed(tx, house.verification())
    house.now += 400 * DAY_SECONDS
    await house.link()
    assert await Retention(house.provider).keep(house.tenant, house.now) == 8
    await house.write("login.accepted")
    await house.link()
    whole = await verify(house.store, "acme", house.verification)
    assert (whole.pruned and whole.pruned.last, whole.last) == (10, 13)


async def test_a_clock_that_is_not_the_databases_deletes_nothing(new_house: Callable[..., Any]) -> None:
    """THREAT_MODEL.md 31: A node whose clock is a year ahead would have signed that all of the log may go; nor does one
    that is only a minute ahead, at which nothing else is doubted.
    """
    house = await new_house(days=2)
    theirs = await house.store.time()
    now = NOW if theirs is None else int(theirs)
    house.now = now - 400 * DAY_SECONDS
    await house.write("login.accepted")
    await house.link()

    async def first() -> int:
        await sweep_all(house.provider, Retention(house.provider), Watch())
        async with house.store.snapshot("acme") as tx:
            (oldest,) = await tx.audit_chain.checkpoints(0, 1)
        return 0 if oldest.digests else oldest.last_seq

    if theirs is not None:  # an embedded database has the clock of its machine
        for ahead in (60, 400 * DAY_SECONDS):
            house.now = now + ahead
            assert await first() == 0
        house.now = int(await house.store.time())  # all that took its time
    else:
        house.now = now
    assert await first() == 1


async def test_a_sweep_asks_once_what_time_it_is(new_house: Callable[..., Any]) -> None:
    """Whatever the number of tenants."""
    house, other = await new_house(), await new_house("umbrella")
    asked = []

    class Asked(Around):
        transaction, snapshot = house.store.transaction, house.store.snapshot

        async def _time(self) -> float | None:
            asked.append(1)
            return None

    store = Asked(house.store)
    store.time = store._time
    tenants = {each.tenant.name: each.tenant for each in (house, other)}
    provider = IdentityProvider(tenants, store, Login(), lambda: NOW)
    await sweep_all(provider, Retention(provider), Watch())
    assert len(asked) == 1


async def test_nobody_waits_for_who_claimed_work_by_a_clock_that_is_ahead(house: House) -> None:
    """His lease would last for a year."""
    await house.write("login.accepted")
    house.now += 400 * DAY_SECONDS
    assert await house.link() == 1
    house.now -= 400 * DAY_SECONDS
    await house.write("login.accepted")
    other = Linker(house.provider, house.tenant)
    assert await other.link_all() == 1
    await house.write("login.accepted")
    assert await house.link() == 0, "a lease of seconds is waited for"


async def test_nobody_has_retention_sign_away_what_is_not_old(new_house: Callable[..., Any]) -> None:
    """THREAT_MODEL.md 31: Who can write to the database makes a checkpoint look older, or takes another's place for it:
    its age is what was signed.
    """
    house = await new_house(days=2)
    await house.write("login.accepted")
    await house.link()
    house.now += DAY_SECONDS
    await house.write("login.denied")
    await house.link()
    for forged in (
        "UPDATE audit_checkpoints SET created_at = 0",
        "UPDATE audit_checkpoints SET number = 7, created_at = 0 WHERE number = 2",
    ):
        async with house.store.transaction("acme") as tx:
            await tx.connection.query(forged)
        assert await Retention(house.provider).keep(house.tenant, house.now) == 0
        house.now += DAY_SECONDS // 24
    async with house.store.snapshot("acme") as tx:
        assert [each.event for each in await tx.audit_chain.list(0, 9, 9)] == [
            "login.accepted",
            "login.denied",
        ]
        assert all(each.digests for each in await tx.audit_chain.checkpoints())
