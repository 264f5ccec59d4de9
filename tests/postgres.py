"""A real PostgreSQL for the tests: one private server a session, one fresh database a test."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import quote

import psycopg2
import pytest

import storage
from storage import Storage

EMPTY = """
DO $$ DECLARE found RECORD; BEGIN
    FOR found IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_version' LOOP
        EXECUTE format('ALTER TABLE %I DISABLE TRIGGER ALL; DELETE FROM %I; ALTER TABLE %I ENABLE TRIGGER ALL',
                       found.tablename, found.tablename, found.tablename);
    END LOOP;
END $$"""
ROLE = "masugata"  # neither superuser nor owner of the server: row-level security holds for it


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """Reached by a socket in its own directory; no port is opened."""

    directory: Path

    @property
    def pid(self) -> int:
        """Of its first process."""
        return int((self.directory / "data" / "postmaster.pid").read_text().split()[0])

    def url(self, database: str, role: str = ROLE) -> str:
        return f"postgresql://{role}@/{database}?host={quote(str(self.directory), safe='')}"

    def create(self, name: str, template: str = "template1") -> str:
        """A database of the role's own, which looks as the template does; its address."""
        self.run(f"CREATE DATABASE {name} OWNER {ROLE} TEMPLATE {template}")
        return self.url(name)

    def run(self, statement: str, database: str = "postgres") -> None:
        """As superuser, outside of a transaction."""
        connection = psycopg2.connect(self.url(database, "postgres"))
        try:
            connection.autocommit = True
            connection.cursor().execute(statement)
        finally:
            connection.close()


def binaries() -> Path:
    """Where initdb and pg_ctl are: in PATH or where Debian puts them. A missing server is an error."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(versions, key=lambda path: int(path.parts[-3]), default=None)
    if newest is None:
        raise RuntimeError("PostgreSQL is not installed: the storage tests need its initdb and pg_ctl")
    return newest.parent


def as_server_user(directory: Path, *command: str | Path) -> None:
    """PostgreSQL refuses to run as root."""
    is_root = os.geteuid() == 0
    if is_root:
        shutil.chown(directory, "postgres", "postgres")
    subprocess.run(
        command,
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=directory,
        user="postgres" if is_root else None,
        group="postgres" if is_root else None,
        extra_groups=[] if is_root else None,
    )


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A server that lives as long as the session; the machine does not fail meanwhile. Many servers share it, each of
    which keeps its connections.
    """
    with running_postgres("-c fsync=off -c full_page_writes=off -c max_connections=500") as server:
        yield server


@contextmanager
def running_postgres(options: str = "") -> Iterator[PostgresServer]:
    """A server of its own, with what `options` say beside Debian's defaults."""
    tools = binaries()
    with tempfile.TemporaryDirectory(prefix="masugata-postgres-") as name:
        directory = Path(name)
        data = directory / "data"
        as_server_user(directory, tools / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8")
        options += f" -c listen_addresses='' -c unix_socket_directories={directory}"
        control = (tools / "pg_ctl", "-D", data, "-w", "-l", directory / "log")
        as_server_user(directory, *control, "-o", options, "start")
        try:
            server = PostgresServer(directory)
            server.run(f"CREATE ROLE {ROLE} LOGIN NOSUPERUSER NOBYPASSRLS")
            yield server
        finally:
            as_server_user(directory, *control, "-m", "immediate", "stop")


numbers = count()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty database of the role's own."""
    name = f"test_{next(numbers)}"
    yield postgres_server.create(name)
    postgres_server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def reused_postgres_url(postgres_server: PostgresServer) -> str:
    """A database that tests empty and hand on: making one takes longer than most tests."""
    return postgres_server.create("reused")


@pytest.fixture
def emptied_postgres_url(postgres_server: PostgresServer, reused_postgres_url: str) -> str:
    """The reused database without a row, in whatever tables there are."""
    postgres_server.run(EMPTY, "reused")
    return reused_postgres_url


@pytest.fixture(name="store")
async def postgres_store(postgres_url: str) -> AsyncIterator[Storage]:
    """An open storage on PostgreSQL alone, where only that is asked."""
    opened = await storage.open(postgres_url)
    await opened.migrate()
    yield opened
    await opened.close()
