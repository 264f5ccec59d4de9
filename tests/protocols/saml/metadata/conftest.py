"""A store for tests to which it is all the same which."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import storage
from storage import Storage


@pytest.fixture
async def memory(tmp_path: Path) -> AsyncIterator[Storage]:
    opened = await storage.open(f"sqlite:{tmp_path}/masugata.db")
    await opened.migrate()
    yield opened
    await opened.close()
