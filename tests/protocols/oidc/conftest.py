"""One server with a client for each case, two workers and a second tenant, on each of the two databases."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any, get_args

import aiohttp
import pytest

from protocols.oidc.vocabulary import DEVICE_CODE, TOKEN_EXCHANGE, ResponseType
from tests.configuration import SECRET, TenantFolder
from tests.kept import Kept
from tests.people import ALICE, PATTERN, Person
from tests.protocols.oidc import signing
from tests.protocols.oidc.prober import Prober
from tests.protocols.oidc.proxied import asking, home, home_cookie, newcomer, proxied, publisher
from tests.protocols.oidc.registrar import Registrar
from tests.protocols.oidc.signer import CLIENT_KEY, jwks
from tests.protocols.oidc.signing_in import sign_in
from tests.running import Database, browsers, database
from tests.server import Server, running

__all__ = ["asking", "browsers", "database", "home", "home_cookie", "newcomer", "proxied", "publisher"]

ERIN = Person("erin", pattern=PATTERN)
DAVE = Person("dave", pattern=PATTERN)  # is disabled by the one test that he is there for
OFFLINE = ["openid", "profile", "email", "offline_access"]
BRIEF_SECONDS = 5
BRIEF = {"code_seconds": BRIEF_SECONDS, "refresh_grace_seconds": 0, "device_code_seconds": BRIEF_SECONDS}
FEW = {"failures": 2, "seconds": 60}  # guesses of the tenant `brief`
DEVICE = {"grant_types": [DEVICE_CODE, "refresh_token"]}
KEYS_FILE, TURNING_FILE = "keyed.json", "turning.json"
OWN = {"attributes": {"employee_number": "text", "floor": "number", "badges": "texts", "remote": "boolean"}}
WORK = {"scopes": {"groups": ["groups"], "work": ["employee_number", "badges", "remote"]}}
# Every standard claim that somebody can have, and one in two more languages.
ERINS = {
    "name": "Erin Example", "given_name": "Erin", "family_name": "Example", "middle_name": "E.",
    "nickname": "Ez", "profile": "https://example.com/erin", "picture": "https://example.com/erin.png",
    "website": "https://erin.example.com", "gender": "female", "birthdate": "0000-02-29",
    "zoneinfo": "Asia/Tokyo", "locale": "ja-JP", "email_verified": "true",
    "phone_number": "+81 3 1234 5678", "phone_number_verified": "false",
    "address.street_address": "千代田1-1", "address.locality": "東京都", "address.postal_code": "100-0001",
    "address.country": "JP", "family_name#ja-kana-jp": "エグザンプル", "family_name#ja-Hani-JP": "例",
    "employee_number": "E-17", "floor": "4", "badges": "red, blue", "remote": "true",
}  # fmt: skip
RESPONSE_TYPES = get_args(ResponseType)


def add_services(tenant: TenantFolder) -> None:
    def add(name: str, *uris: str, **oidc: Any) -> None:
        oidc.setdefault("scopes", OFFLINE)
        tenant.add_service(name, f"https://{name}.example.com/cb", *uris, **oidc)

    add("wiki", "https://wiki.example.com/cb?tenant=1", "http://127.0.0.1:9000/cb",
        claims={"login": "preferred_username"})  # fmt: skip
    everything = ["openid", "profile", "email", "address", "phone", "work"]
    add("whole", scopes=everything, claims={"floor": "floor"})
    add("post", token_endpoint_auth_method="client_secret_post")
    add("es256", id_token_signed_response_alg="ES256")
    add("eddsa", id_token_signed_response_alg="EdDSA")
    add("grouped", scopes=["openid", "groups"])
    add("online", scopes=["openid", "email"])
    add("old", pkce="optional")
    add("api", introspects=["wiki", "robot"])
    apis = ["https://api.example.com", "https://files.example.com/v1"]
    add("spoken", access_token_format="jwt", resources=apis)
    add("bound", dpop_bound_access_tokens=True)
    add("apart", subject_type="pairwise")
    for name in ("joint1", "joint2"):
        add(name, subject_type="pairwise", sector_identifier="joint.example.com")
    both = signing.public(signing.SEALING_RSA, signing.SEALING_EC)
    add("stamped", userinfo_signed_response_alg="RS256")
    add("veiled", jwks=both, userinfo_encrypted_response_alg="RSA-OAEP-256")
    add("sealed", jwks=both, userinfo_signed_response_alg="ES256", userinfo_encrypted_response_alg="ECDH-ES",
        id_token_encrypted_response_alg="RSA-OAEP-256", id_token_encrypted_response_enc="A256GCM")  # fmt: skip
    add(
        "robot",
        scopes=["profile", "read", "write"],
        grant_types=["client_credentials"],
        access_token_format="jwt",
        resources=apis,
    )
    tenant.services["robot"]["oidc"]["redirect_uris"] = []
    add("hmac", token_endpoint_auth_method="client_secret_jwt")
    signs = {"token_endpoint_auth_method": "private_key_jwt"}
    add("keyed", **signs, jwks={"file": KEYS_FILE}, token_endpoint_auth_signing_alg="ES256")
    add("turning", **signs, jwks={"file": TURNING_FILE}, token_endpoint_auth_signing_alg="ES256")
    add("inline", **signs, jwks=signing.public(signing.RSA))
    add("front", response_types=list(RESPONSE_TYPES))
    add("signing", jwks=jwks(CLIENT_KEY), request_object_signing_alg="ES256")
    add("signed", jwks=jwks(CLIENT_KEY), request_object_signing_alg="ES256",
        require_signed_request_object=True)  # fmt: skip
    add("pushing", require_pushed_authorization_requests=True)
    add("twin", "https://pushing.example.com/cb")  # at the same address as the one before
    add("remembered", consent="remembered")
    add("required", consent="required")
    add("tv", **DEVICE, token_endpoint_auth_method="none")
    add("box", **DEVICE, consent="remembered", access_token_format="jwt", resources=apis)
    add("vault", **DEVICE, dpop_bound_access_tokens=True)
    exchange = {
        "grant_types": [TOKEN_EXCHANGE, "client_credentials"],
        "exchange_audiences": [*apis, "ledger"],
    }
    own_users = {"grant_types": ["authorization_code", *exchange["grant_types"]]}
    add("backend", **exchange | own_users, exchanges=["wiki", "online"], access_token_format="jwt",
        subject_type="pairwise", scopes=["openid", "profile", "offline_access", "read"])  # fmt: skip
    add("deeper", **exchange, exchanges=["backend"], introspects=["backend"])
    add("shut", **DEVICE)
    for name in ("tv", "box", "vault", "shut", "deeper"):
        tenant.services[name]["oidc"]["redirect_uris"] = []
    for name in ("other", "strict", "closed"):
        add(name)
    add("spa", token_endpoint_auth_method="none")
    for name in ("spa", "keyed", "turning", "inline", "tv"):
        del tenant.services[name]["oidc"]["client_secret"]


def add_policies(tenant: TenantFolder) -> None:
    two = {"require": ["matrix", "totp"]}
    tenant.policies.insert(0, {"name": "closed", "when": {"services": ["closed", "shut"]}, "then": "deny"})
    tenant.policies.insert(0, {"name": "strict", "when": {"services": ["strict"]}, "then": two})


def add_joining(server: Server) -> None:
    """Two tenants whose clients register themselves: `joining` by token, `open` without, asking for consent."""
    registered = {"name": "registered", "when": {"services": ["registered"]}, "then": {"require": ["matrix"]}}
    settings = {
        "joining": {"consent": "never", "maximum_clients": 1000},
        "open": {"require_initial_access_token": False},
    }
    for name, said in settings.items():
        registration = {"enabled": True, "scopes": [*OFFLINE, "groups"], **said}
        tenant = TenantFolder(name, f"{server.url}/{name}", settings={"oidc": {"registration": registration}})
        tenant.policies = [registered]
        server.configuration.tenants.append(tenant)


@pytest.fixture(scope="session")
def server(database: Database, kept: Kept, tmp_path_factory: pytest.TempPathFactory) -> Server:
    return kept.once(("oidc", database.store), partial(_started, database, tmp_path_factory))


def _started(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    one = Server(tmp_path_factory.mktemp("oidc"), database(), workers=2)
    brief = TenantFolder("brief", f"{one.url}/brief", settings={"oidc": BRIEF, "lockout": FEW})
    one.configuration.tenants.append(brief)
    add_services(one.tenant)
    add_policies(one.tenant)
    one.tenant.settings |= OWN | {"oidc": WORK}
    brief.add_service("wiki", "https://wiki.example.com/cb", scopes=OFFLINE)
    brief.add_service("tv", scopes=OFFLINE, **DEVICE)
    one.config.mkdir(parents=True)
    for name in (KEYS_FILE, TURNING_FILE):
        (one.config / name).write_text(json.dumps(signing.public(signing.EC)))
    add_joining(one)
    for running_one in running(one):
        for person in (ALICE, ERIN, DAVE):
            running_one.add_user(person.name, "staff", pattern=PATTERN)
        running_one.cli("user", "set", ERIN.name, "--tenant", "demo", *map("=".join, ERINS.items()))
        for tenant in ("brief", "joining", "open"):
            running_one.add_user(ALICE.name, "staff", pattern=PATTERN, tenant=tenant)
        yield running_one


@pytest.fixture(scope="session")
def cookies(server: Server) -> dict[str, str]:
    """By person: everybody signs in once."""
    people = (ALICE, ERIN, DAVE)
    return {person.name: sign_in(server.url, "wiki", person) for person in people}


@pytest.fixture(scope="session")
def brief_cookie(server: Server) -> str:
    return sign_in(f"{server.url}/brief", "wiki", ALICE)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        yield session


@pytest.fixture
def rp(http: aiohttp.ClientSession, server: Server, cookies: dict[str, str]) -> Prober:
    """The wiki, in alice's browser."""
    return Prober(http, server.url, cookies["alice"], secret=SECRET)


@pytest.fixture
def erin(http: aiohttp.ClientSession, server: Server, cookies: dict[str, str]) -> Prober:
    return Prober(http, server.url, cookies["erin"], secret=SECRET)


@pytest.fixture
def dave(http: aiohttp.ClientSession, server: Server, cookies: dict[str, str]) -> Prober:
    return Prober(http, server.url, cookies["dave"], secret=SECRET)


@pytest.fixture
def brief(http: aiohttp.ClientSession, server: Server, brief_cookie: str) -> Prober:
    """The wiki of the other tenant, whose codes live shortly."""
    return Prober(http, f"{server.url}/brief", brief_cookie, secret=SECRET)


@pytest.fixture(scope="session")
def initial_token(server: Server) -> str:
    """For many clients of the tenant `joining`."""
    return server.cli("client", "token", "add", "--uses", "1000", "--tenant", "joining").strip()


@pytest.fixture
def registrar(http: aiohttp.ClientSession, server: Server, initial_token: str) -> Registrar:
    """Somebody who may register clients of the tenant `joining`."""
    return Registrar(Prober(http, f"{server.url}/joining"), initial_token)


@pytest.fixture
def open_registrar(http: aiohttp.ClientSession, server: Server) -> Registrar:
    """Anybody, at the tenant `open`."""
    return Registrar(Prober(http, f"{server.url}/open"))
