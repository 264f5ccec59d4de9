"""A server with a service of each kind at the SAML door, shared by all tests of this folder."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from keys.certified_key import CertifiedKey
from keys.xml_signature import RSA_SHA256
from tests.browser import Browser
from tests.configuration import TenantFolder
from tests.people import ALICE, PATTERN
from tests.relying_party import CALLBACK
from tests.server import Server, running
from tests.service_provider import Provider, ServiceProvider

ATTRIBUTES: dict[str, Any] = {
    "mail": "email",
    "urn:oid:2.5.4.42": {"attribute": "name", "friendly_name": "givenName"},
    "company": {"constant": "Demo Inc."},
    "label": {"join": ["preferred_username", "email"], "separator": " / "},
    "missing": {"join": ["preferred_username", "phone_number"]},
    "teams": {"groups": "team-*"},
    "role": {"by_group": {"staff": "arn:aws:iam::1:role/staff", "root": "arn:aws:iam::1:role/root"}},
    "nothing": "phone_number",
    "uid": "id",
}


@pytest.fixture(scope="session")
def decryption() -> CertifiedKey:
    return CertifiedKey.generate(RSA_SHA256, "sp", int(time.time()))


@pytest.fixture(scope="session")
def providers(decryption: CertifiedKey) -> dict[str, Provider]:
    """By name: what each publishes of itself."""
    return {
        each.name: each
        for each in (
            Provider("wiki"),
            Provider("files", signs=True, decryption=decryption),
            Provider("mail"),
            Provider("bare", certificates=""),
            Provider("transient"),
            Provider("closed"),
            Provider("gone"),
            Provider("strict"),
            Provider("denied"),
        )
    }


SETTINGS: dict[str, dict[str, Any]] = {
    "files": {
        "encrypt": True,
        "encrypt_name_id": True,
        "signature_algorithm": "ECDSA-SHA256",
        "session_seconds": 600,
    },
    "mail": {
        "name_id": "emailAddress",
        "attributes": ATTRIBUTES,
        "idp_initiated": True,
        "relay_state": "/in?a=1&b=2",
    },
    "bare": {"encrypt": True},
    "transient": {"name_id": "transient", "sign": ["assertion"]},
    "closed": {"idp_initiated": True},
    "strict": {"name_id": "unspecified", "require_signed_requests": True},
}


def add_services(tenant: TenantFolder, providers: dict[str, Provider], folder: Any) -> None:
    for name, provider in providers.items():
        (folder / f"{name}.xml").write_text(provider.metadata())
        saml = {"metadata": f"metadata/{name}.xml", **SETTINGS.get(name, {})}
        if name != "gone":
            names = {"ja": f"サービス {name}", "en": f"Service {name}"}
            tenant.services[name] = {"service": name, "display_name": names, "saml": saml}
    tenant.services["closed"]["enabled"] = False


@pytest.fixture(scope="session")
def server(providers: dict[str, Provider], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    one = Server(tmp_path_factory.mktemp("saml"))
    one.configuration.idp["doors"] = ["oidc", "saml"]
    one.tenant.settings |= {"demo": True, "saml": {"contact": "desk@example.com"}}
    one.tenant.policies.insert(0, {"name": "denied", "when": {"services": ["denied"]}, "then": "deny"})
    below = TenantFolder("acme", f"{one.url}/acme", settings={"demo": True})
    one.configuration.tenants.append(below)
    below.add_demo_user("alice", "staff", matrix={"pattern": PATTERN})
    below.services["wiki"] = {
        "service": "wiki", "display_name": {"en": "Wiki"}, "saml": {"metadata": "metadata/wiki.xml"},
    }  # fmt: skip
    for name, groups in (("alice", ["staff", "team-b", "team-a"]), ("erin", ["staff"])):
        one.tenant.people.append(
            {
                "user": name,
                "email": f"{name}@example.com",
                "display_name": "<有栖> & co",
                "groups": groups,
                "credentials": {"matrix": {"pattern": PATTERN}},
            }
        )
    one.tenant.add_service(
        "app", CALLBACK, client_id="wiki"
    )  # at another door, under the name of a service here
    (one.config / "metadata").mkdir(parents=True)
    add_services(one.tenant, providers, one.config / "metadata")
    yield from running(one)


Visitor = Callable[..., ServiceProvider]


@pytest.fixture
async def visitor(server: Server, providers: dict[str, Provider]) -> AsyncIterator[Visitor]:
    """A service in a fresh browser, or in one that is given."""
    opened: list[Browser] = []

    def visit(name: str, browser: Browser | None = None) -> ServiceProvider:
        if browser is None:
            browser = Browser()
            opened.append(browser)
        return ServiceProvider(browser, providers[name], server.url)

    yield visit
    for browser in opened:
        await browser.close()


@pytest.fixture(scope="session")
def cookies(server: Server, providers: dict[str, Provider]) -> dict[tuple[str, str, str], Any]:
    """Of a browser in which alice signed in: she does so once."""

    async def login() -> dict[tuple[str, str, str], Any]:
        async with Browser() as browser:
            await ServiceProvider(browser, providers["wiki"], server.url).login(ALICE)
            return browser.cookies

    return asyncio.run(login())


@pytest.fixture
async def signed_in(cookies: dict[tuple[str, str, str], Any]) -> AsyncIterator[Browser]:
    """Alice's browser."""
    async with Browser() as browser:
        browser.cookies = dict(cookies)
        yield browser
