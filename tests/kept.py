"""What lasts for the whole session, although the parameter of a fixture changes in between: servers start slowly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

import pytest

import storage
from tests.postgres import PostgresServer
from tests.server import begin_to_stop_all

T = TypeVar("T")


class Kept:
    """Things by name, each made when it is first asked for."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self.until_the_end = ExitStack()
        self._request = request
        self._made: dict[object, Any] = {}

    def once(self, name: object, make: Callable[[], Iterator[T]]) -> T:
        """What `make`, the body of a fixture, has yielded."""
        if name not in self._made:
            self._made[name] = self.until_the_end.enter_context(contextmanager(make)())
        found: T = self._made[name]
        return found

    def postgres(self) -> PostgresServer:
        """Through this one's request, so that it ends after everything here."""
        found: PostgresServer = self._request.getfixturevalue("postgres_server")
        return found

    def migrated(self) -> str:
        """The name of a database of PostgreSQL to be copied: to migrate one takes longer than a server's start."""

        def make() -> Iterator[str]:
            url = self.postgres().create("migrated")
            with ThreadPoolExecutor(1) as apart:  # here a loop may be running
                apart.submit(asyncio.run, migrate(url)).result()
            yield "migrated"

        return self.once("migrated", make)


async def migrate(url: str) -> None:
    opened = await storage.open(url)
    try:
        await opened.migrate()
    finally:
        await opened.close()


@pytest.fixture(scope="session")
def kept(request: pytest.FixtureRequest) -> Iterator[Kept]:
    one = Kept(request)
    with one.until_the_end:
        yield one


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """After the last test and before the fixtures of the session, which then find their servers ended."""
    if nextitem is None:
        item.session.addfinalizer(begin_to_stop_all)
