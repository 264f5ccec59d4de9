"""`idp protect`: who is protected by which device, and how it ends when that is lost."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from storage import Transaction
from storage.releases import ReleaseKey
from tests.cli.conftest import Office


@pytest.fixture
def protected(office: Office) -> Office:
    """alice has a device that releases her logins; bob has none."""
    office.run("user", "add", "alice")
    office.run("user", "add", "bob")
    office.run("credential", "set", "alice", "totp")

    async def register(tx: Transaction) -> Any:
        alice = await tx.users.find_by_name("alice")
        assert alice
        (device,) = await tx.credentials.list(alice.id)
        return await tx.releases.add_key(ReleaseKey("k1", alice.id, device.id, b"sealed", 1_800_000_000))

    assert asyncio.run(office.within(register))
    return office


def test_devices_are_listed_and_removed(protected: Office) -> None:
    (row,) = protected.rows("protect", "list")
    assert (row["user"], row["id"], row["last_used_at"]) == ("alice", "k1", None)
    said = protected.run("protect", "remove", "alice").stdout
    assert said == "removed 1 device of alice\n"
    assert protected.rows("protect", "list") == []
    assert protected.events()[-1] == "protect.removed"


def test_a_new_address_ends_the_device_and_its_key(protected: Office) -> None:
    protected.run("credential", "activate", "alice", "totp")
    assert protected.rows("protect", "list") == []


def test_who_has_none_has_none(protected: Office) -> None:
    assert protected.run("protect", "remove", "bob").stdout == "removed 0 devices of bob\n"
    assert "no user is called" in protected.run("protect", "remove", "carol", status=1).stderr
