"""A server behind a proxy that asks clients for certificates, and a web server of the clients that publishes keys."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from joserfc.jwk import ECKey

from protocols.oidc.vocabulary import DEVICE_CODE, TOKEN_EXCHANGE
from tests.certificates import issue
from tests.configuration import SECRET, TenantFolder
from tests.people import ALICE, PATTERN
from tests.protocols.oidc import signing
from tests.protocols.oidc.prober import Prober
from tests.protocols.oidc.registrar import Registrar
from tests.protocols.oidc.signing_in import sign_in
from tests.server import Server, free_port, running

PORT = free_port()
HOME = f"http://localhost:{PORT}"
NAME = "CN=pki,O=Example"
AUTHORITY = issue("CN=Authority", is_authority=True)
PKI = issue(NAME, AUTHORITY)
OWN = issue("CN=whatever", days=(-30, -1))  # nobody looks at what else stands in it
OWN_JWK = ECKey.import_key(OWN.key_pem)
SANS = {
    "dns": "batch.example.com",
    "uri": "urn:example:batch",
    "ip": "192.0.2.9",
    "email": "batch@example.com",
}
API = "https://api.example.com"
OFFLINE = ["openid", "profile", "email", "offline_access"]


@dataclass
class Publisher:
    """What lies at which path, and who was told that a session ended."""

    files: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    logout_tokens: dict[str, list[str]] = field(default_factory=dict)

    async def show(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        if request.path not in self.files:
            raise web.HTTPNotFound
        return web.Response(text=json.dumps(self.files[request.path]))

    async def told(self, request: web.Request) -> web.Response:
        form = await request.post()
        self.logout_tokens.setdefault(request.path, []).append(str(form["logout_token"]))
        return web.Response()


def add_services(tenant: TenantFolder) -> None:
    def add(name: str, method: str = "client_secret_basic", **oidc: Any) -> None:
        given = {"scopes": [*OFFLINE, "read"], "token_endpoint_auth_method": method, **oidc}
        tenant.add_service(name, f"https://{name}.example.com/cb", **given)
        if not method.startswith("client_secret"):
            del tenant.services[name]["oidc"]["client_secret"]

    add("wiki")
    add("published", "private_key_jwt", jwks_uri=f"{HOME}/published", request_object_signing_alg="ES256",
        token_endpoint_auth_signing_alg="ES256")  # fmt: skip
    add("sealed", jwks_uri=f"{HOME}/sealed", id_token_encrypted_response_alg="RSA-OAEP-256",
        userinfo_encrypted_response_alg="RSA-OAEP-256", response_types=["code", "id_token"])  # fmt: skip
    robot = {"grant_types": ["authorization_code", "refresh_token", "client_credentials"]}
    ca = {"tls_client_auth_ca": {"file": "authority.pem"}, **robot}
    add("pki", "tls_client_auth", tls_client_auth_subject_dn=NAME,
        **ca | {"grant_types": [*robot["grant_types"], DEVICE_CODE, TOKEN_EXCHANGE]},
        tls_client_certificate_bound_access_tokens=True, access_token_format="jwt", exchanges=["wiki"],
        exchange_audiences=[API])  # fmt: skip
    for kind, name in SANS.items():
        add(f"by-{kind}", "tls_client_auth", **{f"tls_client_auth_san_{kind}": name}, **ca)
    add("own", "self_signed_tls_client_auth", jwks=signing.public(OWN_JWK), **robot)
    add("own-published", "self_signed_tls_client_auth", jwks_uri=f"{HOME}/own", **robot)
    add("spa", "none", tls_client_certificate_bound_access_tokens=True)
    add("api", introspects=["pki"])


@pytest.fixture(scope="session")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """On an embedded database: none of this depends on which it is."""
    one = Server(tmp_path_factory.mktemp("proxied"))
    one.settable_clock()
    one.configuration.idp |= {"trusted_proxies": ["127.0.0.1/32"], "client_certificate_header": "Client-Cert"}
    opened = {"enabled": True, "require_initial_access_token": False, "consent": "never"}
    oidc = {"outbound_allow": ["localhost"], "mtls_base_url": "https://mtls.example.com"}
    one.tenant.settings["oidc"] = {**oidc, "registration": opened}
    add_services(one.tenant)
    remembering = {**oidc, "dpop_nonce": True, "registration": {**opened, "consent": "remembered"}}
    one.configuration.tenants.append(
        TenantFolder("asking", f"{one.url}/asking", settings={"oidc": remembering})
    )
    one.config.mkdir(parents=True)
    (one.config / "authority.pem").write_bytes(AUTHORITY.pem)
    for running_one in running(one):
        for tenant in ("demo", "asking"):
            running_one.add_user(ALICE.name, "staff", pattern=PATTERN, tenant=tenant)
        yield running_one


@pytest.fixture(scope="session")
def home_cookie(proxied: Server) -> str:
    return sign_in(proxied.url, "wiki", ALICE)


@pytest.fixture
def home(http: aiohttp.ClientSession, proxied: Server, home_cookie: str) -> Prober:
    """The wiki, in alice's browser."""
    return Prober(http, proxied.url, home_cookie, secret=SECRET)


@pytest.fixture
def newcomer(http: aiohttp.ClientSession, proxied: Server) -> Registrar:
    """Somebody who registers clients."""
    return Registrar(Prober(http, proxied.url))


@pytest.fixture
def asking(http: aiohttp.ClientSession, proxied: Server) -> Registrar:
    """At the tenant whose registered clients ask for consent once."""
    return Registrar(Prober(http, f"{proxied.url}/asking"))


@pytest.fixture
async def publisher() -> AsyncIterator[Publisher]:
    one = Publisher()
    app = web.Application()
    app.router.add_get("/{path:.*}", one.show)
    app.router.add_post("/{path:.*}", one.told)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", PORT, reuse_address=True).start()
    yield one
    await runner.cleanup()
