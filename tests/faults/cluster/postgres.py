"""PostgreSQL as a cluster has it: a primary and a standby that follows it by streaming replication."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import psycopg2

from tests.postgres import ROLE, as_server_user, binaries
from tests.server import free_port

DATABASE = "masugata"
STANDBY = "standby"  # its application_name, by which the primary knows it
PATIENCE_SECONDS = 60


class Postgres:
    """One server, at a port of the loopback interface; once it runs it is as durable as it is delivered."""

    def __init__(self, directory: Path) -> None:
        """`directory` is its own: it is given to the user as whom PostgreSQL runs."""
        self.directory = directory
        self.port = free_port()
        self.is_promoted = False
        self._tools = (binaries() / "initdb").resolve().parent  # the others may not be linked beside it

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    def initialise(self) -> None:
        """An empty server, with the database and the role."""
        self._run("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.start()
        self.run(f"CREATE ROLE {ROLE} LOGIN NOSUPERUSER NOBYPASSRLS")
        self.run(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")

    def follow(self, primary: Postgres) -> None:
        """Become its standby; from then on it acknowledges nothing that we have not written down too."""
        source = f"host=127.0.0.1 port={primary.port} user=postgres application_name={STANDBY}"
        self._run("pg_basebackup", "-D", self._data, "-d", source, "-R", "-c", "fast", "--no-sync")
        self.start()
        # Else it waits for five seconds before it looks again for a primary that was restarted, and writers with it.
        self.run("ALTER SYSTEM SET wal_retrieve_retry_interval = '500ms'")
        self.run("SELECT pg_reload_conf()")
        primary.run(f"ALTER SYSTEM SET synchronous_standby_names = '{STANDBY}'")
        primary.run("SELECT pg_reload_conf()")
        until = time.monotonic() + PATIENCE_SECONDS
        while primary.ask("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") != 1:
            assert time.monotonic() < until, "the standby does not follow"
            time.sleep(0.05)

    def start(self) -> None:
        options = (
            f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories={self.directory}"
        )
        self._run("pg_ctl", "-D", self._data, "-w", "-l", self.directory / "log", "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """`immediate` is a crash: nothing is written down before the end."""
        self._run("pg_ctl", "-D", self._data, "-w", "-m", mode, "stop")

    def end(self) -> None:
        """Stop it if it runs."""
        if (self._data / "postmaster.pid").exists():
            self.stop("immediate")

    def promote(self) -> None:
        self._run("pg_ctl", "-D", self._data, "-w", "promote")
        self.is_promoted = True

    def run(self, statement: str, database: str = "postgres") -> None:
        connection = self.connect(database)
        try:
            connection.cursor().execute(statement)
        finally:
            connection.close()

    def ask(self, statement: str, database: str = "postgres") -> Any:
        """The first value of the first row."""
        connection = self.connect(database)
        try:
            cursor = connection.cursor()
            cursor.execute(statement)
            found = cursor.fetchone()
            assert found is not None
            return found[0]
        finally:
            connection.close()

    def connect(self, database: str = DATABASE) -> Any:
        """A superuser's connection that commits each statement."""
        connection = psycopg2.connect(
            host="127.0.0.1", port=self.port, user="postgres", dbname=database, connect_timeout=30
        )
        connection.autocommit = True
        return connection

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    def _run(self, tool: str, *words: str | Path) -> None:
        try:
            as_server_user(self.directory, self._tools / tool, *words)
        except subprocess.CalledProcessError as error:
            log = self.directory / "log"
            raise AssertionError(f"{error}\n{log.read_text()[-2000:] if log.exists() else ''}") from error
