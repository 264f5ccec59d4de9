"""Fixtures that every test may ask for: an open, migrated, empty storage of each kind."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Generator
from pathlib import Path

import pytest

import storage
from storage import Storage

pytest_plugins = ["tests.postgres", "tests.kept"]

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True, scope="session")


# A file is the work of one process: one that takes a minute shall not begin when the others have nothing left.
LONG = (
    "tests/themes/",
    "tests/faults/",
    "tests/flows/test_enumeration.py",
    "tests/story/",
    "tests/supervisor/",
    "tests/clients/test_pages.py",
)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Modules and tests stay to the end: nobody need look through them for garbage, now or later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What a page or an endpoint says does not depend on the database; what is used once, ends or races may."""
    if "database" in metafunc.fixturenames and not metafunc.definition.get_closest_marker("both_stores"):
        metafunc.definition.add_marker(ON_SQLITE)


@pytest.fixture(params=["sqlite", "postgresql"])
def storage_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without a row."""
    if request.param == "sqlite":
        return f"sqlite:{tmp_path}/masugata.db"
    url: str = request.getfixturevalue("emptied_postgres_url")
    return url


@pytest.fixture
async def store(storage_url: str) -> AsyncIterator[Storage]:
    """An open storage, once on each database."""
    opened = await storage.open(storage_url)
    await opened.migrate()
    yield opened
    await opened.close()
