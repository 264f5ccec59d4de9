"""A server whose services hear of logouts each in its own way, on each store, and a browser that went to them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from keys.certified_key import CertifiedKey
from protocols.saml.names import POST, REDIRECT, SOAP
from tests.browser import Browser
from tests.logging_out import Listener
from tests.people import ALICE, PASSWORD, PATTERN, Person, Token
from tests.relying_party import CALLBACK
from tests.running import Database, database
from tests.server import Server, free_port, running
from tests.service_provider import Provider

__all__ = ["database"]

PAT = Person("pat", password=PASSWORD)
BOB = Person("bob", password=PASSWORD, token=Token())
TIM = Person("tim", token=Token())
EVE = Person("eve", password=PASSWORD)
IRIS = Person("iris", password=PASSWORD)  # who will be disabled
NIGEL = Person("nigel", password=PASSWORD)  # may go nowhere, which he hears after his proof
PASSWORDS = {"group": "plain", "require": ["password"]}
CODES = {"group": "device", "require": ["totp"]}


def front(name: str) -> str:
    return f"https://{name}.example.com/slo"


@pytest.fixture(scope="session")
def listener() -> Iterator[Listener]:
    one = Listener({}, free_port())
    with one.running():
        yield one


@pytest.fixture(scope="session")
def providers(listener: Listener, decryption: CertifiedKey) -> dict[str, Provider]:
    """By name, each with where it hears of a logout."""

    def back(name: str) -> tuple[str, str]:
        return SOAP, f"http://localhost:{listener.port}/{name}"

    listener.providers |= {
        each.name: each
        for each in (
            Provider("wiki", logout=((REDIRECT, front("wiki")),)),
            Provider("files", logout=((POST, front("files")),)),
            Provider("chat", logout=((REDIRECT, front("chat")),)),
            Provider("desk", logout=(back("desk"),)),
            Provider("both", logout=(back("both"), (REDIRECT, front("both")))),
            Provider("mute"),
            Provider("fetch", by_artifact=True, logout=((REDIRECT, front("fetch")),)),
            Provider("shell"),
            Provider("vault", logout=((REDIRECT, front("vault")),), decryption=decryption),
        )
    }
    return listener.providers


@pytest.fixture(scope="session")
def site(
    database: Database,
    listener: Listener,
    providers: dict[str, Provider],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    one = Server(tmp_path_factory.mktemp("leaving"), database())
    one.configuration.idp |= {
        "doors": ["oidc", "saml"],
        "trusted_proxies": ["127.0.0.1/32"],
        "client_certificate_header": "Client-Cert",
    }
    tenant, folder = one.tenant, one.config / "metadata"
    tenant.settings |= {"demo": True, "saml": {"outbound_allow": ["localhost"]}}
    for each in (PASSWORDS, CODES):
        tenant.policies.insert(
            0,
            {
                "name": each["group"],
                "when": {"groups": [each["group"]]},
                "then": {"require": each["require"]},
            },
        )
    folder.mkdir(parents=True)
    for name, provider in providers.items():
        (folder / f"{name}.xml").write_text(provider.metadata())
        saml = {"metadata": f"metadata/{name}.xml", "ecp": name == "shell"}
        if name == "chat":
            saml["name_id"] = "transient"
        if name == "vault":
            saml["encrypt_name_id"] = True
        names = {"ja": f"サービス {name}", "en": f"Service {name}"}
        tenant.services[name] = {"service": name, "display_name": names, "saml": saml}
    tenant.add_service("app", CALLBACK)
    heard = f"http://localhost:{listener.port}/tasks"
    tenant.add_service("tasks", CALLBACK, backchannel_logout_uri=heard)
    for person, group in (
        (ALICE, "staff"),
        (IRIS, "plain"),
        (PAT, "plain"),
        (BOB, "token"),
        (TIM, "device"),
        (EVE, "plain"),
        (NIGEL, "denied"),
    ):
        held = {}
        if person.password:
            held["password"] = {"password": person.password}
        if person.token:
            held["totp"] = {"secret": person.token.secret}
        tenant.add_demo_user(person.name, group, **(held or {"matrix": {"pattern": PATTERN}}))
    yield from running(one)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with Browser() as one:
        yield one
