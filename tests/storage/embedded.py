"""Fixtures: one embedded database in a file of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import storage
from storage import Storage

__all__ = ["path", "store"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "masugata.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[Storage]:
    opened = await storage.open(f"sqlite:{path}")
    await opened.migrate()
    yield opened
    await opened.close()
