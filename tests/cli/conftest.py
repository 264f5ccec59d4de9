"""A configuration folder with one tenant and a real database, and the command line that works on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import storage
from idp.cli import main
from storage import Transaction
from tests.config.folder import write

AUTHENTICATORS = "matrix:\ntotp:\npassword:\n"


@dataclass
class Office:
    """Runs commands as an administrator types them."""

    folder: Path
    runner: CliRunner = field(default_factory=CliRunner)

    def run(self, *words: str, given: str = "", status: int = 0) -> Result:
        """Run `idp WORDS`, with `given` on standard input, and check the exit status."""
        result = self.runner.invoke(main, [*words, "--config", str(self.folder)], input=given)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert result.exit_code == status, result.output
        assert "audit.undeclared" not in result.output, "see idp/audit_events.py"
        return result

    def rows(self, *words: str) -> list[dict[str, Any]]:
        """What a command prints as JSON."""
        rows: list[dict[str, Any]] = json.loads(self.run(*words, "--json").stdout)
        return rows

    def events(self) -> list[str]:
        """The audit log, oldest first."""
        return [row["event"] for row in reversed(self.rows("audit", "show"))]

    async def within(self, work: Callable[[Transaction], Any], tenant: str = "acme") -> Any:
        """Do something in the database that no command does."""
        opened = await storage.open(f"sqlite:{self.folder}/var/masugata.db")
        try:
            async with opened.transaction(tenant) as tx:
                return await work(tx)
        finally:
            await opened.close()


@pytest.fixture
def unmigrated(tmp_path: Path) -> Office:
    return Office(write(tmp_path, tenants__acme__authenticators=AUTHENTICATORS))


@pytest.fixture
def office(unmigrated: Office) -> Office:
    unmigrated.run("storage", "migrate")
    return unmigrated
