"""An open, migrated, empty storage of each kind: one line a backend."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import storage
from storage import Storage


@pytest.fixture(params=["sqlite", "postgresql"])
def storage_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:{tmp_path}/masugata.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
async def store(storage_url: str) -> AsyncIterator[Storage]:
    """The contract is tested through this."""
    opened = await storage.open(storage_url)
    await opened.migrate()
    yield opened
    await opened.close()
