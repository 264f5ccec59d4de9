"""A server with people who look after their own accounts; its clock can be set."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.people import PASSWORD, PATTERN
from tests.running import Database, browsers, database, usual
from tests.server import Server, running

__all__ = ["browsers", "database"]

PEOPLE = (
    "alice",
    "sara",
    "peggy",
    "greta",
    "luke",
    "otto",
    "mia",
    "dora",
    "gone",
    "lang",
    "bea",
    "ben",
    "forma",
)


@pytest.fixture(scope="package")
def server(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Everybody has a password, which is enough; holders of tokens need a code of theirs too."""
    one = usual(tmp_path_factory.mktemp("account"), database())
    one.settable_clock()
    one.tenant.authenticators |= {"passkey": {}, "recovery": {"instead_of": ["totp"]}}
    one.tenant.services["mail"]["oidc"]["backchannel_logout_uri"] = "http://localhost:9/out"
    one.tenant.settings["mail"] = {"host": "localhost", "tls": "none", "sender": "idp@example.com"}
    one.tenant.settings["forgotten"] = {"enabled": True}
    one.tenant.policies[1:1] = [
        {"name": "words", "when": {"groups": ["words"]}, "then": {"require": ["password"]}},
        {"name": "board", "when": {"groups": ["board"]}, "then": {"require": ["matrix"]}},
    ]
    one.tenant.policies[1:1] = [  # the portal opens by one proof, a service by two
        {
            "name": "boss",
            "when": {"groups": ["boss"], "services": ["wiki"]},
            "then": {"require": ["password", "matrix"]},
        },
        {"name": "boss elsewhere", "when": {"groups": ["boss"]}, "then": {"require": ["password"]}},
    ]
    one.tenant.add_demo_user("bess", "boss", password={"password": PASSWORD}, matrix={"pattern": PATTERN})
    for name in PEOPLE:
        one.tenant.add_demo_user(name, "words", password={"password": PASSWORD})
    for name in ("tess", "theo"):
        one.tenant.add_demo_user(name, "token", password={"password": PASSWORD})
    one.tenant.add_demo_user("nina", "board", matrix={"pattern": PATTERN})
    yield from running(one)
