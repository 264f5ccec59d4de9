"""Fixtures: running servers on each store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from tests.browser import Browser
from tests.postgres import ROLE, PostgresServer
from tests.relying_party import CALLBACK, RelyingParty
from tests.server import Server, running

__all__ = ["browsers", "database", "make_server", "party", "server"]

STORES = ("sqlite", "postgresql")
LAUNCH = "http://localhost:9/launch"

Database = Callable[[], str]
MakeServer = Callable[..., Server]
Browsers = Callable[..., Browser]

_numbers = count()


@pytest.fixture(scope="session", params=STORES)
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """Makes fresh databases of one kind; gives URLs, empty for one embedded in the server's folder."""
    cluster: PostgresServer | None = None
    if request.param == "postgresql":  # asked for now, so that it ends after the databases on it
        cluster = request.getfixturevalue("postgres_server")
    with ExitStack() as made:

        def make() -> str:
            if cluster is None:
                return ""
            name = f"flow_{next(_numbers)}"
            cluster.run(f"CREATE DATABASE {name} OWNER {ROLE}")
            made.callback(cluster.run, f"DROP DATABASE {name} WITH (FORCE)")
            return cluster.url(name)

        yield make


def usual(folder: Path, url: str) -> Server:
    """Two services, one of them a tile on the portal; not started."""
    server = Server(folder, url)
    server.tenant.add_service("wiki", CALLBACK, scopes=["openid", "profile", "email", "offline_access"])
    server.tenant.add_service("mail", f"{CALLBACK}/mail")
    server.tenant.services["wiki"]["launch_url"] = LAUNCH
    return server


@pytest.fixture(scope="session")
def server(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The usual server with alice, bob and carol, shared by all tests that leave it as it was."""
    one = usual(tmp_path_factory.mktemp("server"), database())
    for running_one in running(one):
        running_one.add_people()
        yield running_one


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
