"""What somebody who can write to the database does to the log, and what `idp audit verify` says of each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import psycopg2

TABLES = ("audit", "audit_checkpoints", "person_keys")

# What he does, and what is said of it. MID and NEXT are two records side by side, of PERSON and OTHER; FIRST and CUT
# end the first checkpoint and the last but one.
FORGERIES: dict[str, tuple[tuple[str, ...], str]] = {
    "altered": (("UPDATE audit SET event = 'login.denied' WHERE seq = {MID}",), "record {MID} was altered"),
    "missing": (("DELETE FROM audit WHERE seq = {MID}",), "record {MID} is missing"),
    "reordered": (
        (
            "UPDATE audit SET seq = -1 WHERE seq = {MID}",
            "UPDATE audit SET seq = {MID} WHERE seq = {MID} + 1",
            "UPDATE audit SET seq = {MID} + 1 WHERE seq = -1",
        ),
        "record {MID} is in the wrong place: it was record {NEXT}",
    ),
    "cut from the end": (
        (
            "DELETE FROM audit_checkpoints WHERE number = (SELECT max(number) FROM audit_checkpoints)",
            "DELETE FROM audit WHERE seq > (SELECT max(last_seq) FROM audit_checkpoints)",
        ),
        "the log was cut behind record {CUT}: the anchor knows record {LAST}",
    ),
    "cut from the start without a statement": (
        (
            "DELETE FROM audit_checkpoints WHERE number = 1",
            "DELETE FROM audit WHERE seq <= {FIRST}",
        ),
        "record 1 is missing: all before record {BEGIN} was deleted, and nobody signed that",
    ),
    "inserted": (
        (
            "UPDATE audit SET seq = seq + 1000000 WHERE seq > {MID}",
            "UPDATE audit SET seq = seq - 999999 WHERE seq > 1000000",
            "INSERT INTO audit (tenant, id, at, event, service, address, request_id, reference, details, version, seq) "
            "SELECT tenant, id || 'x', at, event, service, address, request_id, reference, details, version, {MID} + 1 "
            "FROM audit WHERE seq = {MID}",
        ),
        "record {NEXT} was altered, or another was put in its place",
    ),
    "a checkpoint forged": (
        ("UPDATE audit_checkpoints SET statement = replace(statement, '.', '.e30') WHERE number = 2",),
        "checkpoint 2 was altered: its signature does not hold",
    ),
    "a person swapped": (
        ("UPDATE audit SET user_id = '{OTHER}' WHERE seq = {MID}",),
        "record {MID} was altered",
    ),
    "the key of a person swapped": (
        ("UPDATE person_keys k SET secret = (SELECT secret FROM person_keys WHERE owner = '{OTHER}') "
         "WHERE owner = '{PERSON}'",),
        "another key was put in its person's place",
    ),
}  # fmt: skip


class Hand:
    """Who has the password of the database, and copies of what he changes."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg2.connect(url)
        self._connection.autocommit = True

    def ask(self, query: str) -> tuple[object, ...]:
        cursor = self._connection.cursor()
        cursor.execute(query)
        found: tuple[object, ...] = cursor.fetchone() or ()
        return found

    def do(self, statement: str) -> None:
        self._connection.cursor().execute(statement)

    def steal(self) -> bytes:
        """All that the database holds, byte by byte."""
        cursor, raw = self._connection.cursor(), BytesIO()
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.copy_expert(f"COPY {table} TO STDOUT (FORMAT binary)", raw)
        return raw.getvalue()

    def last(self) -> object:
        """The last record that was linked."""
        return self.ask("SELECT max(last_seq) FROM audit_checkpoints")[0]

    def places(self) -> dict[str, object]:
        """Where the forgeries are made: two records of the month side by side, of two people."""
        (cut,) = self.ask("SELECT last_seq FROM audit_checkpoints ORDER BY number DESC OFFSET 1 LIMIT 1")
        (first,) = self.ask("SELECT last_seq FROM audit_checkpoints WHERE number = 1")
        mid, person, other = self.ask(
            "SELECT a.seq, a.user_id, b.user_id FROM audit a JOIN audit b ON b.seq = a.seq + 1 "
            "JOIN audit_checkpoints c ON a.seq >= c.first_seq AND b.seq <= c.last_seq "
            "JOIN person_keys k ON k.owner = a.user_id AND k.secret IS NOT NULL "
            "JOIN person_keys l ON l.owner = b.user_id AND l.secret IS NOT NULL "
            "WHERE a.event = 'login.accepted' AND b.event = 'login.accepted' AND a.user_id <> b.user_id "
            "ORDER BY a.seq DESC LIMIT 1"
        )
        assert isinstance(mid, int) and isinstance(first, int)
        return {
            "LAST": self.last(), "CUT": cut, "FIRST": first, "BEGIN": first + 1,
            "MID": mid, "NEXT": mid + 1, "PERSON": person, "OTHER": other,
        }  # fmt: skip

    @contextmanager
    def forging(self, statements: tuple[str, ...], places: dict[str, object]) -> Iterator[None]:
        """While the block runs it is done."""
        for table in TABLES:
            self.do(f"CREATE TABLE kept_{table} AS TABLE {table}")
        try:
            for statement in statements:
                self.do(statement.format(**places))
            yield
        finally:
            for table in TABLES:
                self.do(f"TRUNCATE {table}")
                self.do(f"INSERT INTO {table} SELECT * FROM kept_{table}")
                self.do(f"DROP TABLE kept_{table}")

    def close(self) -> None:
        self._connection.close()
