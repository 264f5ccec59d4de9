"""Fixtures: running servers on each store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from tests.browser import Browser
from tests.kept import Kept
from tests.relying_party import CALLBACK, RelyingParty
from tests.server import Server, running

__all__ = ["browsers", "database", "make_server", "party", "server"]

STORES = ("sqlite", "postgresql")
LAUNCH = "http://localhost:9/launch"

MakeServer = Callable[..., Server]
Browsers = Callable[..., Browser]

_numbers = count()


@dataclass(frozen=True)
class Database:
    """Makes fresh databases of one kind; gives URLs, the empty text for one embedded in the server's folder."""

    store: str
    kept: Kept

    def __call__(self) -> str:
        if self.store == "sqlite":
            return ""
        return self.kept.postgres().create(f"flow_{next(_numbers)}", self.kept.migrated())

    def empty(self) -> str:
        """One without a table, as an administrator makes it."""
        if self.store == "sqlite":
            return ""
        return self.kept.postgres().create(f"flow_{next(_numbers)}")


@pytest.fixture(scope="session", params=STORES)
def database(request: pytest.FixtureRequest, kept: Kept) -> Database:
    """Of each kind."""
    return Database(request.param, kept)


def usual(folder: Path, url: str) -> Server:
    """Two services, one of them a tile on the portal; not started."""
    server = Server(folder, url)
    server.tenant.add_service("wiki", CALLBACK, scopes=["openid", "profile", "email", "offline_access"])
    server.tenant.add_service("mail", f"{CALLBACK}/mail")
    server.tenant.services["wiki"]["launch_url"] = LAUNCH
    return server


@pytest.fixture(scope="session")
def server(database: Database, kept: Kept, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """The usual server with alice, bob and carol, shared by all tests that leave it as it was."""

    def make() -> Iterator[Server]:
        for one in running(usual(tmp_path_factory.mktemp("server"), database.empty())):
            one.add_people()
            yield one

    return kept.once(("usual", database.store), make)


@pytest.fixture
def make_server(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeServer]:
    """Makes the usual servers, not started, for tests that change one; stops them at the end."""
    with ExitStack() as made:

        def make() -> Server:
            one = usual(tmp_path_factory.mktemp("server"), database())
            made.callback(one.stop)
            return one

        yield make


@pytest.fixture
async def browsers() -> AsyncIterator[Browsers]:
    """Opens browsers, each a person's own; closes them at the end."""
    opened: list[Browser] = []

    def open_one(accept_language: str = "en") -> Browser:
        opened.append(Browser(accept_language))
        return opened[-1]

    yield open_one
    for browser in opened:
        await browser.close()


@pytest.fixture
async def party(server: Server, browsers: Browsers) -> RelyingParty:
    """The wiki, in a fresh browser."""
    return RelyingParty(browsers(), server.url)
