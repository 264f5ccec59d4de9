"""What the clients were told, kept outside of the server: the database must know all of it, and not much more."""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

Fact = tuple[str, str]  # the audit event, and whose; or a kind of row, and whose


@dataclass
class Ledger:
    """`tried` counts what was asked for, `told` what was acknowledged: the truth lies between them."""

    tried: Counter[Fact] = field(default_factory=Counter)
    told: Counter[Fact] = field(default_factory=Counter)
    users: dict[str, bool | None] = field(
        default_factory=dict
    )  # acknowledged: is he disabled? None: not known
    consents: set[Fact] = field(default_factory=set)
    interrupted: int = 0  # requests and commands of which nobody heard how they went
    refused: int = 0  # answers with 503
    checked: int = 0  # what was told once and asked for again, at the doors

    def trying(self, *facts: Fact) -> None:
        self.tried.update(facts)

    def heard(self, *facts: Fact) -> None:
        self.told.update(facts)


def check(ledger: Ledger, database: Path) -> None:
    """Raises AssertionError for what was lost, or was written twice. Nobody may be in the middle of anything."""
    file = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert file.execute("PRAGMA foreign_key_check").fetchall() == []
        _counts(ledger, file)
        _people(ledger, file)
    finally:
        file.close()


def _counts(ledger: Ledger, file: sqlite3.Connection) -> None:
    kept: Counter[Fact] = Counter()
    for query in (
        "SELECT a.event, u.username, count(*) FROM audit a JOIN users u ON u.id = a.user_id GROUP BY 1, 2",
        "SELECT 'mail', u.username, count(*) FROM mails m JOIN users u ON u.id = m.user_id GROUP BY 2",
    ):
        kept.update({(what, who): count for what, who, count in file.execute(query)})
    wrong = {
        fact: (ledger.told[fact], kept[fact], tried)
        for fact, tried in ledger.tried.items()
        if not ledger.told[fact] <= kept[fact] <= tried
    }
    assert not wrong, f"told, kept, tried: {wrong}"


def _people(ledger: Ledger, file: sqlite3.Connection) -> None:
    rows = file.execute("SELECT username, disabled_at IS NOT NULL FROM users").fetchall()
    kept = {name: bool(disabled) for name, disabled in rows}
    for name, disabled in ledger.users.items():
        assert name in kept, f"{name} was added and is not there"
        assert disabled in (None, kept[name]), f"{name} disabled: told {disabled}, kept {kept[name]}"
    agreed = "SELECT u.username, c.service FROM consents c JOIN users u ON u.id = c.user_id"
    assert ledger.consents <= set(file.execute(agreed).fetchall())
