"""PostgreSQL as a whole: read and put back by its own programs, which come from the machine, not from us."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from typing import BinaryIO, Final, cast

import psycopg2
from psycopg2 import errors, extensions

from storage.contract import StorageError
from storage.copies import Chunks, Dump

CONNECT_SECONDS: Final = 10
# Without them a dump ends where another role owned or a role that is not here was granted something.
OURS: Final = ("--no-owner", "--no-privileges")
SCHEMA: Final = "SELECT max(name) FROM schema_version"
ANYTHING: Final = """
SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind IN ('r', 'p') AND nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%'"""
HIDDEN: Final = "row-level security"
HIDDEN_WORDS: Final = (
    "rows are hidden from this role: give --role one that has BYPASSRLS, docs/install.md makes it"
)
SAID_BYTES: Final = 2000  # of what a program says; behind that come the values of rows

Process = subprocess.Popen[bytes]


class PostgresCopies:
    """`storage.copies.Copies`."""

    kind = "postgresql"

    def __init__(self, url: str) -> None:
        """Raises `StorageError` for an address that cannot be read."""
        try:
            self._given = extensions.parse_dsn(url)
        except psycopg2.Error as error:
            raise StorageError(f"PostgreSQL: {str(error).strip()}") from None
        self._given.setdefault("connect_timeout", str(CONNECT_SECONDS))
        if "," in self._given.get("host", ""):
            self._given.setdefault("target_session_attrs", "read-write")

    @contextmanager
    def dump(self, role: str | None) -> Iterator[Dump]:
        schema = self._ask(SCHEMA)
        if schema is None:
            raise StorageError("the database is empty")
        # A table that a migration holds is waited for, but not for ever.
        options = ["--format=custom", "--lock-wait-timeout=60s", *([f"--role={role}"] if role else [])]
        with self._running("pg_dump", *options, stdout=subprocess.PIPE) as process:
            yield Dump(str(schema), cast(BinaryIO, process.stdout))

    @contextmanager
    def unpack(self, chunks: Chunks) -> Iterator[None]:
        _feed(_program("pg_restore", "--file=/dev/null", environment={}, stdin=subprocess.PIPE), chunks)
        yield None

    def check_empty(self) -> None:
        if self._ask(ANYTHING):
            raise StorageError(
                f"the database {self._given.get('dbname', '')} is not empty: a backup is put back only where there are "
                "no tables. Stop all nodes, rename it, make an empty one, and try again"
            )

    def restore(self, chunks: Chunks) -> None:
        self.check_empty()
        options = (*OURS, "--single-transaction", "--exit-on-error")
        _feed(self._running("pg_restore", *options, stdin=subprocess.PIPE), chunks)

    def _ask(self, statement: str) -> object:
        try:
            with closing(psycopg2.connect(**self._given)) as raw, raw.cursor() as cursor:
                cursor.execute(statement)
                ((found,),) = cursor.fetchall()
                return found
        except errors.UndefinedTable:
            return None
        except psycopg2.Error as error:
            raise StorageError(f"PostgreSQL: {' '.join(str(error).split())}") from None

    def _running(
        self, program: str, *options: str, stdin: int | None = None, stdout: int | None = None
    ) -> AbstractContextManager[Process]:
        """By the same address as the server; a password goes where `ps` does not show it."""
        given = dict(self._given)
        if "sslpassword" in given:
            raise StorageError(f"{program} cannot be told the sslpassword unseen: use a key without one")
        password = given.pop("password", None)
        environment = {} if password is None else {"PGPASSWORD": password}
        address = f"--dbname={extensions.make_dsn(**given)}"
        return _program(
            program, *options, "--no-password", address, environment=environment, stdin=stdin, stdout=stdout
        )


@contextmanager
def _program(
    program: str,
    *options: str,
    environment: Mapping[str, str],
    stdin: int | None = None,
    stdout: int | None = None,
) -> Iterator[Process]:
    """Ends it if something is raised meanwhile, so that it commits nothing. Raises `StorageError` with what it said."""
    surroundings = {**os.environ, "LC_ALL": "C", **environment}
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(  # noqa: S603  no shell reads it
                [program, *options], stdin=stdin, stdout=stdout, stderr=said, env=surroundings
            )
        except FileNotFoundError:
            raise StorageError(
                f"{program} is not installed: it belongs to PostgreSQL's client programs (Debian: postgresql-client)"
            ) from None
        try:
            yield process
            if process.stdin is not None:
                with suppress(BrokenPipeError):
                    process.stdin.close()
            status = process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise
        finally:
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with suppress(BrokenPipeError):
                        stream.close()
        if status:
            said.seek(0)
            raise StorageError(_words(program, said.read(SAID_BYTES).decode("utf-8", "replace")))


def _feed(running: AbstractContextManager[Process], chunks: Chunks) -> None:
    with running as process:
        for chunk in chunks:
            try:
                process.stdin.write(chunk)  # type: ignore[union-attr]  # it is piped
            except BrokenPipeError:
                return  # it has ended, and its status says how


def _words(program: str, said: str) -> str:
    """The first thing that a program complained of."""
    if HIDDEN in said:
        return f"{program}: {HIDDEN_WORDS}"
    lines = [line.partition(": ")[2] for line in said.splitlines() if line.startswith(f"{program}: ")]
    return f"{program}: {'; '.join(lines[:2]) or 'it failed and did not say why'}"
