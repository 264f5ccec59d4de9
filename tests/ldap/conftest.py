"""Two servers of one directory for a module, and what a tenant says of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.ldap.slapd import Slapd

Pair = tuple[Slapd, Slapd]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Both are up; who stops one starts it again."""
    with ExitStack() as started:
        servers = []
        for name in ("one", "two"):
            server = Slapd(tmp_path_factory.mktemp("ldap") / name)
            started.callback(server.stop)
            server.start()
            servers.append(server)
        yield servers[0], servers[1]


@pytest.fixture(scope="module")
def trusted(pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A file with the certificates of both."""
    file = tmp_path_factory.mktemp("trusted") / "ca.pem"
    file.write_bytes(b"".join(server.ca.read_bytes() for server in pair))
    return str(file)


@pytest.fixture(scope="module")
def ldap(pair: Pair, trusted: str) -> dict[str, Any]:
    """The servers, the first by StartTLS, the second by TLS from the first byte."""
    return {"servers": [pair[0].ldap, pair[1].ldaps], "ca_file": trusted, "seconds": 4}
