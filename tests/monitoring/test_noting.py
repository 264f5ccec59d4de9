"""What is counted is on the disk: nothing of a transaction that was rolled back, all of one that was committed."""

from __future__ import annotations

import pytest

from idp.audit import record
from idp.monitoring.meter import Meter
from idp.monitoring.noting import Asked, Noting, Proved
from idp.monitoring.table import CHALLENGES, EVENTS, LOGINS, PROOFS, TRANSACTIONS
from storage import Duplicate, Storage
from storage.watching import Watched
from tests.storage.examples import NOW, USER


@pytest.fixture
def meter() -> Meter:
    return Meter()


@pytest.fixture
def watched(store: Storage, meter: Meter) -> Watched:
    return Watched(store, Noting(meter))


async def test_what_is_rolled_back_is_not_counted(watched: Watched, meter: Meter) -> None:
    with pytest.raises(ZeroDivisionError):
        async with watched.transaction("acme") as tx:
            await record(tx, "login.accepted", NOW, door="oidc", rule="staff")
            tx.notes.add(Proved("matrix"))
            raise ZeroDivisionError
    assert meter.counts == {} and meter.times.keys() == {(TRANSACTIONS.name, "rolled back")}


async def test_nor_what_the_database_refused(watched: Watched, meter: Meter) -> None:
    with pytest.raises(Duplicate):
        async with watched.transaction("acme") as tx:
            await record(tx, "login.accepted", NOW, door="oidc", rule="staff")
            await tx.users.add(USER)
            await tx.users.add(USER)
    assert meter.counts == {} and meter.times.keys() == {(TRANSACTIONS.name, "rolled back")}


async def test_what_was_committed_before_the_rest_was_rolled_back_is(watched: Watched, meter: Meter) -> None:
    with pytest.raises(ZeroDivisionError):
        async with watched.transaction("acme") as tx:
            await record(tx, "proof.refused", NOW, authenticator="matrix")
            await tx.commit()
            await record(tx, "login.denied", NOW, door="oidc", rule="nobody", reason="expired pattern")
            raise ZeroDivisionError
    assert meter.counts[PROOFS.name, "acme", "matrix", "refused"] == 1
    assert not [key for key in meter.counts if key[0] == LOGINS.name]
    async with watched.snapshot("acme") as tx:
        assert [each.event for each in await tx.audit.list()] == ["proof.refused"]


async def test_events_by_tenant_and_logins_by_door_outcome_and_rule(watched: Watched, meter: Meter) -> None:
    async with watched.transaction("acme") as tx:
        await record(tx, "login.accepted", NOW, door="oidc", rule="staff")
        await record(tx, "login.denied", NOW, door="saml", rule="nobody", reason="expired pattern")
        await record(tx, "login.refused", NOW, door="radius", reason="whatever a packet said")
        await record(tx, "proof.locked", NOW, authenticator="totp")
        await record(tx, "login.challenged", NOW, door="radius", authenticator="matrix")
        tx.notes.add(Asked("oidc", "username"))
        tx.notes.add(Proved("matrix"))
        tx.notes.add("what nobody understands")
    logins = {key[1:]: count for key, count in meter.counts.items() if key[0] == LOGINS.name}
    assert logins == {
        ("acme", "oidc", "accepted", "staff", ""): 1,
        ("acme", "saml", "denied", "nobody", "expired pattern"): 1,
        ("acme", "radius", "refused", "", ""): 1,
    }
    assert meter.counts[PROOFS.name, "acme", "totp", "locked"] == 1
    assert meter.counts[PROOFS.name, "acme", "matrix", "accepted"] == 1
    assert meter.counts[CHALLENGES.name, "acme", "radius", "matrix"] == 1
    assert meter.counts[CHALLENGES.name, "acme", "oidc", "username"] == 1
    assert meter.counts[EVENTS.name, "acme", "login.accepted"] == 1
    assert meter.times.keys() == {(TRANSACTIONS.name, "committed")}
