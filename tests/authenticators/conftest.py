"""Two users of one tenant, on each of the two databases."""

from __future__ import annotations

import pytest

from keys.seal import Vault, new_data_key
from storage import Storage
from tests.authenticators.person import TENANT, Person, person


@pytest.fixture
def vault() -> Vault:
    return Vault(TENANT, {1: new_data_key()})


@pytest.fixture
async def alice(store: Storage, vault: Vault) -> Person:
    return await person(store, vault, "alice")


@pytest.fixture
async def mallory(store: Storage, vault: Vault) -> Person:
    return await person(store, vault, "mallory")
