"""Real service providers, all at one server; each is started once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.browser import Browser
from tests.clients.saml.mellon import Mellon
from tests.clients.saml.node_saml import NodeSAML
from tests.clients.saml.pysaml2_client import PySAML2
from tests.clients.saml.service import Service
from tests.clients.saml.simplesamlphp import SimpleSAMLphp
from tests.clients.saml.site import Site, open_site
from tests.server import Server

PROGRAMS: tuple[type[Service], ...] = (Mellon, NodeSAML, SimpleSAMLphp, PySAML2)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with open_site(tmp_path_factory.mktemp("server"), *PROGRAMS) as one:
        yield one


@pytest.fixture
def server(site: Site) -> Server:
    return site.server


@pytest.fixture(params=[each.name for each in PROGRAMS])
def service(request: pytest.FixtureRequest, site: Site) -> Service:
    """Each of them, running."""
    return site.services[request.param]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with Browser(naming=frozenset((f"{Mellon.name}.localhost",))) as one:
        yield one
