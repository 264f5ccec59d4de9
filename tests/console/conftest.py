"""Two tenants of one server, each with an administrator of its own; its clock can be set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.configuration import TenantFolder
from tests.people import PASSWORD, PATTERN
from tests.running import Database, browsers, database, usual
from tests.server import Server, running

__all__ = ["browsers", "database"]

HOSTILE = 'closed "><script>alert(1)</script>'
CONSOLE = {
    "name": "administrators",
    "when": {"services": ["console"], "groups": ["admins"]},
    "then": {"require": ["password", "matrix"]},
}
WORDS = {"name": "words", "when": {"groups": ["words"]}, "then": {"require": ["password"]}}
CLOSED: dict[str, Any] = {
    "name": HOSTILE,
    "when": {"services": ["mail"], "groups": ["words"]},
    "then": {"deny": {"en": "Closed."}},
}


@pytest.fixture(scope="package")
def server(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """ada may look at demo's console, and another ada at that of acme; to wanda a password is enough elsewhere."""
    one = usual(tmp_path_factory.mktemp("console"), database())
    one.settable_clock()
    one.configuration.tenants.append(TenantFolder("acme", f"{one.url}/acme"))
    password, matrix = {"password": PASSWORD}, {"pattern": PATTERN}
    for tenant in one.configuration.tenants:
        tenant.policies[0:0] = [CONSOLE, CLOSED, WORDS] if tenant.name == "demo" else [CONSOLE, WORDS]
        tenant.add_demo_user("ada", "admins", "words", password=password, matrix=matrix)
    for name in ("boss", "wanda", "walt", "wim"):
        group = "admins" if name == "boss" else "words"
        one.tenant.add_demo_user(name, group, password=password, matrix=matrix)
    one.configuration.tenants[1].add_service(
        "wiki", "http://localhost:9/acme", secret="of acme, and long enough for it"
    )
    yield from running(one)
