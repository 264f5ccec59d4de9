"""A server of two workers whose tenant has a mail server of its own, on each store."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import pytest

from tests.kept import Kept
from tests.mail_server import PASSWORD, MailServer
from tests.people import PATTERN
from tests.running import Browsers, Database, browsers, database, usual
from tests.server import Server, running

__all__ = ["Browsers", "browsers", "database"]


@dataclass
class House:
    """The server, and where its mail goes."""

    server: Server
    mail: MailServer

    @property
    def now(self) -> float:
        """What the server's clock shows."""
        ahead = self.server.folder / "clock"
        return time.time() + (float(ahead.read_text()) if ahead.exists() else 0)

    def waiting(self, *words: str) -> list[dict[str, object]]:
        """What `idp mail list` says."""
        rows: list[dict[str, object]] = json.loads(self.server.cli("mail", "list", "--json", *words))
        return rows


@pytest.fixture(scope="session")
def house(database: Database, kept: Kept, tmp_path_factory: pytest.TempPathFactory) -> House:
    return kept.once(("house", database.store), partial(_opened, database, tmp_path_factory))


def _opened(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("mail")
    mail = MailServer(folder)
    server = usual(folder, database())
    server.settable_clock()
    server.configuration.idp["workers"] = 2
    server.tenant.settings |= {
        "mail": mail.settings() | {"new_browsers": False},  # of each test only its own mails
        "forgotten": {"enabled": True, "links_per_hour": 3, "requests_per_hour": 40},
    }
    server.tenant.authenticators["matrix"] |= {"select": True}
    server.tenant.authenticators["matrix"]["pattern"] |= {"min_age_hours": 24, "history": 3}
    secrets = server.config / "secrets"
    secrets.mkdir(parents=True)
    (secrets / "smtp").write_text(PASSWORD)
    (secrets / "smtp").chmod(0o600)
    mail.start()
    try:
        for one in running(server):
            for name in ("alice", "dora", "emil", "fay", "gus", "hana", "ivan", "jun", "kai"):
                one.add_user(name, "staff", pattern=PATTERN)
            yield House(one, mail)
    finally:
        mail.stop()
