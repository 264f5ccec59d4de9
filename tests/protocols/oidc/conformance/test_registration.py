"""Dynamic registration as the certification's modules drive it; each test bears the name of its module."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser import Browser
from tests.people import ALICE
from tests.protocols.oidc.prober import claims, header
from tests.protocols.oidc.registrar import CALLBACK, Registrar
from tests.protocols.oidc.signing import EC, STRANGER, assertion, public, sign

HTTPS = "https://rp.example.com"


async def test_oidcc_discovery_endpoint_verification(registrar: Registrar) -> None:
    """OIDCD-3: the endpoint is published where clients may register, and only there."""
    path = "/.well-known/openid-configuration"
    said = (await registrar.prober.get(path)).json
    assert said["registration_endpoint"] == f"{registrar.issuer}/oidc/register"
    closed = type(registrar.prober)(registrar.prober.http, registrar.issuer.removesuffix("/joining"))
    assert "registration_endpoint" not in (await closed.get(path)).json
    assert (await closed.send("POST", "/oidc/register", "{}", {})).status == 404


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "none"])
async def test_oidcc_server(registrar: Registrar, method: str) -> None:
    """OIDCR-3.2: a client that registered signs people in like any other, by its method alone."""
    told = await registrar.registered(token_endpoint_auth_method=method)
    assert ("client_secret" in told) == (method != "none")
    assert told.get("client_secret_expires_at", 0) == 0
    assert told["grant_types"] == ["authorization_code"]
    assert told["response_types"] == ["code"]
    given = await registrar.tokens(told, ALICE)
    assert claims(given["id_token"])["aud"] == told["client_id"]
    assert "refresh_token" not in given
    said = await registrar.client(told).userinfo(given["access_token"])
    assert said.json["email"] == "alice@example.com"


async def test_oidcc_refresh_token(registrar: Registrar) -> None:
    """OIDCC-11: refresh tokens for those that register the grant, each for its own client."""
    both = ["authorization_code", "refresh_token"]
    told = await registrar.registered(grant_types=both)
    given = await registrar.tokens(told, ALICE)
    renewed = await registrar.client(told).refresh(given["refresh_token"])
    assert renewed.status == 200
    other = await registrar.registered(grant_types=both)
    stolen = await registrar.client(other).refresh(renewed.json["refresh_token"])
    assert stolen.error == "invalid_grant"
    without = await registrar.registered()
    assert (await registrar.client(without).refresh("unknown")).error == "unauthorized_client"


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
async def test_oidcc_idtoken_rs256(registrar: Registrar, algorithm: str) -> None:
    """OIDCR-2 id_token_signed_response_alg."""
    told = await registrar.registered(id_token_signed_response_alg=algorithm)
    given = await registrar.tokens(told, ALICE)
    assert header(given["id_token"])["alg"] == algorithm


@pytest.mark.parametrize("algorithm", ["none", "HS256", "PS999", 7])
async def test_oidcc_idtoken_unsigned(registrar: Registrar, algorithm: Any) -> None:
    """What is not published is refused, `none` before all (THREAT_MODEL.md 11)."""
    answer = await registrar.register(id_token_signed_response_alg=algorithm)
    assert (answer.status, answer.error) == (400, "invalid_client_metadata")


async def test_oidcc_redirect_uri_regfrag(registrar: Registrar) -> None:
    """OIDCR-3.3: a redirect URI with a fragment must not be registered."""
    answer = await registrar.register(redirect_uris=[f"{CALLBACK}#foobar"])
    assert (answer.status, answer.error) == (400, "invalid_redirect_uri")


@pytest.mark.parametrize(
    "uris",
    [
        ["javascript:alert(1)"],
        ["data:text/html,x"],
        ["http://rp.example.com/cb"],
        [CALLBACK, "https://rp.example.com/../cb"],
        ["https://user@rp.example.com/cb"],
        ["https://*.example.com/cb"],
        ["/cb"],
        [""],
        ["com.example.app:/cb"],  # only of native applications
        [7],
        "https://rp.example.com/cb",
        {"a": CALLBACK},
        [],
        None,
    ],
)
async def test_redirect_uris_are_held_to_the_rules_of_configured_ones(
    registrar: Registrar, uris: Any
) -> None:
    """THREAT_MODEL.md 10: nor a script, nor an address that leads elsewhere."""
    answer = await registrar.register(redirect_uris=uris)
    assert (answer.status, answer.error) == (400, "invalid_redirect_uri")


async def test_a_native_application_has_schemes_of_its_own(registrar: Registrar) -> None:
    """OIDCR-2 application_type, RFC 8252 §7."""
    uris = ["com.example.app:/cb", "http://127.0.0.1/cb"]
    told = await registrar.registered(application_type="native", redirect_uris=uris)
    assert told["redirect_uris"] == uris


async def test_oidcc_ensure_redirect_uri_in_authorization_request(registrar: Registrar) -> None:
    """OIDCC-3.1.2.1: required even where one alone is registered."""
    client = registrar.client(await registrar.registered())
    answer = await client.authorize(redirect_uri=None)
    assert (answer.status, "Location" in answer.headers) == (400, False)


async def test_oidcc_redirect_uri_query_OK(registrar: Registrar) -> None:
    told = await registrar.registered(redirect_uris=[f"{CALLBACK}?foo=bar"])
    given = await registrar.tokens(told, ALICE)
    assert given["access_token"]


@pytest.mark.parametrize("uri", [f"{CALLBACK}?foo=baz", f"{CALLBACK}?foo=bar&more=1", CALLBACK])
async def test_oidcc_redirect_uri_query_mismatch__and_added(registrar: Registrar, uri: str) -> None:
    """OIDCC-3.1.2.1: exact, query included."""
    client = registrar.client(await registrar.registered(redirect_uris=[f"{CALLBACK}?foo=bar"]))
    answer = await client.authorize(redirect_uri=uri)
    assert (answer.status, "Location" in answer.headers) == (400, False)


async def kept(registrar: Registrar, name: str) -> None:
    """OIDCR-2: a page is kept as given, by language too; no script in the address."""
    told = await registrar.registered(**{name: f"{HTTPS}/en", f"{name}#ja": f"{HTTPS}/ja"})
    assert (told[name], told[f"{name}#ja"]) == (f"{HTTPS}/en", f"{HTTPS}/ja")
    for bad in ("javascript:alert(1)", "data:text/html,x", "/relative", 7):
        for key in (name, f"{name}#ja"):
            answer = await registrar.register(**{key: bad})
            assert (answer.status, answer.error) == (400, "invalid_client_metadata"), key


async def test_oidcc_registration_logo_uri(registrar: Registrar) -> None:
    await kept(registrar, "logo_uri")


async def test_oidcc_registration_policy_uri(registrar: Registrar) -> None:
    await kept(registrar, "policy_uri")


async def test_oidcc_registration_tos_uri(registrar: Registrar) -> None:
    await kept(registrar, "tos_uri")


async def test_the_page_of_the_client_itself_is_kept_alike(registrar: Registrar) -> None:
    await kept(registrar, "client_uri")


async def test_the_consent_page_names_the_client_its_host_and_its_pages(open_registrar: Registrar) -> None:
    """oidcc-registration-policy-uri, -tos-uri: shown to the user; a name alone could be anybody's."""
    told = await open_registrar.registered(
        client_name="<b>Bank</b>",
        policy_uri=f"{HTTPS}/p",
        tos_uri=f"{HTTPS}/t",
        **{"tos_uri#ja": f"{HTTPS}/j"},
    )
    client = open_registrar.client(told)
    async with Browser() as browser:
        first = await browser.get(client.address())
        assert "&lt;b&gt;Bank&lt;/b&gt; (rp.example.com)" in first.text
        asked = await browser.login(first, ALICE, CALLBACK)
        assert {f"{HTTPS}/p", f"{HTTPS}/t"} <= set(asked.links)
        assert "&lt;b&gt;Bank&lt;/b&gt; (rp.example.com)" in asked.text
        allowed = next(form for form in asked.forms if form.fields.get("decision") == "allow")
        done = await browser.submit(asked, {}, CALLBACK, allowed)
        assert (done.location or "").startswith(f"{CALLBACK}?code=")
        again = await browser.get(client.address(), CALLBACK)
        assert any(form.fields.get("decision") for form in again.forms), "asked each time"


async def test_a_sector_document_that_cannot_be_fetched_says_nothing(registrar: Registrar) -> None:
    """OIDCR-5: the client is not left believing that it was checked."""
    answer = await registrar.register(sector_identifier_uri=f"{HTTPS}/sector.json")
    assert (answer.status, answer.error) == (400, "invalid_client_metadata")


async def test_hosts_that_nobody_vouches_for_are_no_sector(registrar: Registrar) -> None:
    """OIDCR-5."""
    hosts = ["https://one.example.com/cb", "https://two.example.com/cb"]
    answer = await registrar.register(subject_type="pairwise", redirect_uris=hosts)
    assert (answer.status, answer.error) == (400, "invalid_client_metadata")


async def test_pairwise_subjects_are_of_the_host_of_the_redirect_uris(registrar: Registrar) -> None:
    """OIDCR-5, OIDCC-8.1: two clients of one host know a user by one name, those of another by another."""
    sectors = {"one": "https://one.example.com/a", "same": "https://one.example.com/b"}
    sectors["other"] = "https://other.example.com/a"
    subjects = {}
    for name, uri in sectors.items():
        told = await registrar.registered(subject_type="pairwise", redirect_uris=[uri])
        assert told["subject_type"] == "pairwise"
        subjects[name] = claims((await registrar.tokens(told, ALICE))["id_token"])["sub"]
    assert subjects["one"] == subjects["same"] != subjects["other"]


async def test_oidcc_userinfo_rs256(registrar: Registrar) -> None:
    """OIDCC-5.3.2: signed where the client registers an algorithm."""
    told = await registrar.registered(userinfo_signed_response_alg="RS256")
    given = await registrar.tokens(told, ALICE)
    said = await registrar.client(told).userinfo(given["access_token"])
    assert said.headers["Content-Type"].startswith("application/jwt")
    assert claims(said.text)["email"] == "alice@example.com"


@pytest.mark.parametrize(
    "jwks", [{"file": "/etc/passwd"}, {"keys": "x"}, [], "x", {"keys": [{"kty": "oct", "k": "eA"}]}]
)
async def test_keys_by_value_are_public_keys(registrar: Registrar, jwks: Any) -> None:
    """`{file: …}` is how our own files name keys: no client may have us read a file."""
    answer = await registrar.register(jwks=jwks)
    assert (answer.status, answer.error) == (400, "invalid_client_metadata")
    assert "/etc" not in answer.text


async def test_oidcc_3rd_party_init_login(registrar: Registrar) -> None:
    """OIDCC-4: a link of ours leads to where the client begins a login, and says who is to sign people in."""
    told = await registrar.registered(initiate_login_uri=f"{HTTPS}/begin?with=us")
    assert told["initiate_login_uri"] == f"{HTTPS}/begin?with=us"
    answer = await registrar.prober.get(f"/oidc/launch/{told['client_id']}")
    assert answer.status == 303
    assert answer.headers["Location"].startswith(f"{HTTPS}/begin?with=us&iss=")
    assert answer.query["iss"] == registrar.issuer
    without = await registrar.registered()
    for client_id in (without["client_id"], "nobody", "%00", "../token"):
        assert (await registrar.prober.get(f"/oidc/launch/{client_id}")).status == 404


@pytest.mark.parametrize("address", ["http://rp.example.com/begin", "http://localhost/begin", "javascript:x"])
async def test_oidcc_3rd_party_init_login_nohttps(registrar: Registrar, address: str) -> None:
    """OIDCR-2: initiate_login_uri must be https."""
    answer = await registrar.register(initiate_login_uri=address)
    assert (answer.status, answer.error) == (400, "invalid_client_metadata")


@pytest.mark.parametrize(
    "metadata",
    [
        {"response_types": ["token"]},
        {"response_types": ["code", "id_token"]},
        {"response_types": []},
        {"grant_types": ["refresh_token"]},
        {"grant_types": ["authorization_code", "implicit"]},
        {"grant_types": ["client_credentials"]},
        {"grant_types": "authorization_code"},
        {"token_endpoint_auth_method": "client_secret_jwt"},
        {"token_endpoint_auth_method": "tls_client_auth"},
        {"token_endpoint_auth_method": None, "userinfo_encrypted_response_alg": "RSA-OAEP"},
        {"id_token_encrypted_response_alg": "RSA-OAEP"},
        {"request_uris": [f"{HTTPS}/request"]},
        {"tls_client_auth_san_dns": "rp.example.com"},
        {"client_name": "a\nb"},
        {"client_name": ""},
        {"client_name": "x" * 201},
        {"client_name": {"en": "x"}},
        {"contacts": "me@example.com"},
        {"application_type": "desktop"},
        {"scope": ["openid"]},
    ],
)
async def test_metadata_that_do_not_fit_or_cannot_be_kept_are_refused(
    registrar: Registrar, metadata: dict[str, Any]
) -> None:
    """RFC 7591 §2.1, §3.2.2."""
    answer = await registrar.register(**metadata)
    assert (answer.status, answer.error) == (400, "invalid_client_metadata"), answer.text
    assert answer.json["error_description"]


async def test_what_nobody_defined_is_ignored_and_our_own_settings_cannot_be_set(
    registrar: Registrar,
) -> None:
    """RFC 7591 §2: no client loosens what only an administrator may."""
    ours = {"pkce": "optional", "consent": "never", "claims": {"email": "x"}, "introspects": ["wiki"]}
    ours |= {
        "client_id": "wiki",
        "client_secret": "mine",
        "access_token_seconds": 86400,
        "scopes": ["groups"],
    }
    told = await registrar.registered(unheard_of="x", software_statement="x", **ours)
    assert not ({"unheard_of", *ours} - {"client_id", "client_secret"}) & told.keys()
    assert told["client_id"] != "wiki"
    assert told["client_secret"] != "mine"
    answer = await registrar.client(told).authorize(code_challenge=None, code_challenge_method=None)
    assert answer.error == "invalid_request", "PKCE stays required"


@pytest.mark.parametrize(
    ("asked", "registered"),
    [
        (None, "openid profile email groups"),
        ("openid email", "openid email"),
        ("email", "openid email"),
        ("openid payroll offline_access", "openid"),
    ],
)
async def test_a_client_has_scopes_of_those_that_the_tenant_allows(
    registrar: Registrar, asked: str | None, registered: str
) -> None:
    """RFC 7591 §2 scope; offline_access goes with the grant refresh_token only."""
    assert (await registrar.registered(scope=asked))["scope"] == registered


async def test_a_client_proves_itself_by_the_keys_that_it_registered(registrar: Registrar) -> None:
    """RFC 7591 §2 jwks, RFC 7523 §2.2: private_key_jwt, for which there is no secret."""
    told = await registrar.registered(
        token_endpoint_auth_method="private_key_jwt",
        token_endpoint_auth_signing_alg="ES256",
        jwks=public(EC),
    )
    assert "client_secret" not in told
    client = registrar.client(told)
    for key, error in ((EC, "invalid_grant"), (STRANGER, "invalid_client")):
        client.assertion = lambda key=key: sign(assertion(told["client_id"], registrar.issuer), key)
        assert (await client.redeem("unknown")).error == error
