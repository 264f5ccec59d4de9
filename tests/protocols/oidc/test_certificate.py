"""Clients that show a certificate to the proxy in front of us, and tokens that are bound to it (RFC 8705)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from protocols.oidc.acting import ACCESS_TOKEN
from protocols.oidc.vocabulary import TOKEN_EXCHANGE
from tests.certificates import issue
from tests.protocols.oidc.prober import Answer, Prober, claims
from tests.protocols.oidc.proxied import (
    API,
    AUTHORITY,
    NAME,
    OWN,
    OWN_JWK,
    PKI,
    SANS,
    Publisher,
)
from tests.protocols.oidc.registrar import Registrar
from tests.protocols.oidc.signing import public
from tests.server import Server

HEADER = "Client-Cert"


class Proxied(Prober):
    """A client whose requests come through the proxy, with its certificate."""

    certificate: str | None = None

    def authentication(self, form: dict[str, str]) -> dict[str, str]:
        headers = super().authentication(form)
        return headers | ({HEADER: self.certificate} if self.certificate else {})


def client(home: Prober, name: str, certificate: str | None = PKI.header, method: str = "tls") -> Proxied:
    uri = f"https://{name}.example.com/cb"
    one = Proxied(home.http, home.issuer, home.cookie, name, redirect_uri=uri, method=method)
    one.certificate = certificate
    return one


async def own_token(one: Proxied, **form: str) -> Answer:
    return await one.token(grant_type="client_credentials", scope="read", **form)


async def test_it_proves_who_calls(home: Prober) -> None:
    """§2.1: a whole login, and every endpoint that only clients call."""
    one = client(home, "pki")
    tokens = await one.tokens()
    assert (await one.refresh(tokens["refresh_token"])).status == 200
    form: dict[str, str] = {"token": tokens["access_token"]}
    for path in ("/oidc/introspect", "/oidc/revoke"):
        headers = one.authentication(form)
        assert (await one.post(path, urlencode(form), headers)).status == 200
    pushed = one.request()
    assert (await one.post("/oidc/par", urlencode(pushed), one.authentication(pushed))).status == 201


@pytest.mark.parametrize("kind", SANS)
async def test_it_is_recognised_by_one_of_its_names(home: Prober, kind: str) -> None:
    assert (await own_token(client(home, f"by-{kind}"))).status == 200
    assert (await own_token(client(home, f"by-{kind}", PKI.escaped))).status == 200
    assert (await own_token(client(home, f"by-{kind}", AUTHORITY.header))).error == "invalid_client"


@pytest.mark.parametrize(
    "certificate",
    [
        None, "", "x", ":AAAA:", issue(NAME).header, issue("CN=other", AUTHORITY).header, OWN.header,
        issue(NAME, issue("CN=Authority", is_authority=True)).header, issue(NAME, PKI).header,
        issue(NAME, AUTHORITY, days=(-9, -1)).header, issue(NAME, AUTHORITY, days=(1, 9)).header,
        issue("CN=\1abc", AUTHORITY).odd,
    ],
)  # fmt: skip
async def test_any_other_proves_nothing(home: Prober, certificate: str | None) -> None:
    """Not issued by its authority, not its name, not valid any more, or none at all: all the same answer.

    THREAT_MODEL.md 32: every parser: no 5xx, also for a certificate whose name is no text.
    """
    answer = await own_token(client(home, "pki", certificate))
    assert (answer.status, answer.error) == (401, "invalid_client")


async def test_only_a_trusted_proxy_is_believed(home: Prober, proxied: Server) -> None:
    """THREAT_MODEL.md 23: what a client writes about itself counts through configured proxies only."""
    connector = aiohttp.TCPConnector(local_addr=("127.0.0.2", 0))
    async with aiohttp.ClientSession(connector=connector) as stranger:
        one = client(home, "pki")
        one.http = stranger
        assert (await own_token(one)).error == "invalid_client"
    assert (await own_token(client(home, "pki"))).status == 200


async def test_a_header_that_came_twice_is_none(home: Prober) -> None:
    """The client's own, and the one that the proxy added to it."""
    for headers in ([(HEADER, PKI.header)] * 2, [(HEADER, PKI.header), (HEADER, OWN.header)]):
        form = urlencode({"grant_type": "client_credentials", "client_id": "pki"})
        typed = [*headers, ("Content-Type", "application/x-www-form-urlencoded")]
        answer = await home.send("POST", "/oidc/token", form, typed)
        assert answer.error == "invalid_client"


async def test_a_client_proves_itself_by_its_own_method_only(home: Prober) -> None:
    """A certificate is nothing to a client with a secret, nor a secret to one with a certificate."""
    assert (await own_token(client(home, "api"))).error == "invalid_client"
    for method, secret in (
        ("client_secret_basic", ""),
        ("client_secret_basic", "x"),
        ("client_secret_post", "x"),
    ):
        one = client(home, "pki", method=method)
        one.secret = secret
        assert (await own_token(one)).error in ("invalid_client", "invalid_request")


async def test_one_that_it_signed_itself_is_known_by_its_key(home: Prober, publisher: Publisher) -> None:
    """§2.2: whatever else stands in it, and also by keys that the client publishes, as soon as it changes them."""
    assert (await own_token(client(home, "own", OWN.header))).status == 200
    assert (await own_token(client(home, "own", PKI.header))).error == "invalid_client"
    publisher.files["/own"] = public(OWN_JWK)
    assert (await own_token(client(home, "own-published", OWN.header))).status == 200
    assert (
        await own_token(client(home, "own-published", issue("CN=whatever").header))
    ).error == "invalid_client"


async def test_tokens_are_worth_nothing_without_the_certificate(home: Prober) -> None:
    """§3: userinfo asks for it, introspection and the token itself tell of it."""
    one = client(home, "pki")
    token = (await one.tokens())["access_token"]
    bound = {"x5t#S256": PKI.thumbprint}
    assert claims(token)["cnf"] == bound

    async def userinfo(certificate: str | None) -> int:
        shown = {HEADER: certificate} if certificate else {}
        return (await home.get("/oidc/userinfo", {"Authorization": f"Bearer {token}", **shown})).status

    assert [await userinfo(each) for each in (PKI.header, PKI.escaped)] == [200, 200]
    assert [await userinfo(each) for each in (None, "x", OWN.header, issue(NAME, AUTHORITY).header)] == [
        401
    ] * 4
    api = home.other("api", secret=home.secret)
    form = urlencode({"token": token})
    said = (await home.post("/oidc/introspect", form, api.authentication({}))).json
    assert (said["active"], said["cnf"], said["token_type"]) == (True, bound, "Bearer")
    own = (await own_token(one)).json["access_token"]
    assert claims(own)["cnf"] == bound
    said = (await home.post("/oidc/introspect", urlencode({"token": own}), api.authentication({}))).json
    assert said["cnf"] == bound


async def test_what_it_gets_for_the_token_of_another_is_bound_to_its_own(home: Prober) -> None:
    """§3, RFC 8693: the token that it exchanges was bound to nothing."""
    one = client(home, "pki")
    form = {"grant_type": TOKEN_EXCHANGE, "subject_token_type": ACCESS_TOKEN, "resource": API}
    form["subject_token"] = (await home.tokens())["access_token"]
    token = (await one.token(**form)).json["access_token"]
    bound = {"x5t#S256": PKI.thumbprint}
    assert claims(token)["cnf"] == bound
    api = home.other("api", secret=home.secret)
    said = (await home.post("/oidc/introspect", urlencode({"token": token}), api.authentication({}))).json
    assert (said["active"], said["client_id"], said["cnf"]) == (True, "pki", bound)


async def test_a_public_client_binds_its_tokens_too(home: Prober) -> None:
    """§4: and its refresh token, which nothing else binds; §3: without a certificate it gets none."""
    spa = client(home, "spa", OWN.header, method="none")
    tokens = await spa.tokens()
    stranger = client(home, "spa", PKI.header, method="none")
    assert (await stranger.refresh(tokens["refresh_token"])).error == "invalid_grant"
    stranger.certificate = None
    assert (await stranger.refresh(tokens["refresh_token"])).error == "invalid_request"
    assert (await spa.refresh(tokens["refresh_token"])).status == 200
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await home.get("/oidc/userinfo", bearer)).status == 401
    assert (await home.get("/oidc/userinfo", {**bearer, HEADER: OWN.header})).status == 200


async def test_it_is_announced_where_a_proxy_hands_certificates_on(home: Prober) -> None:
    """§3.3, §5."""
    said = (await home.get("/.well-known/openid-configuration")).json
    methods = {"tls_client_auth", "self_signed_tls_client_auth"}
    assert methods <= set(said["token_endpoint_auth_methods_supported"])
    assert said["tls_client_certificate_bound_access_tokens"] is True
    aliases = {
        name: uri.removeprefix("https://mtls.example.com")
        for name, uri in said["mtls_endpoint_aliases"].items()
    }
    assert aliases == {
        "token_endpoint": "/oidc/token",
        "userinfo_endpoint": "/oidc/userinfo",
        "introspection_endpoint": "/oidc/introspect",
        "revocation_endpoint": "/oidc/revoke",
        "pushed_authorization_request_endpoint": "/oidc/par",
        "device_authorization_endpoint": "/oidc/device_authorization",
    }


async def test_where_none_does_it_is_not(rp: Prober, open_registrar: Registrar) -> None:
    said = (await rp.get("/.well-known/openid-configuration")).json
    assert not {"tls_client_auth"} & set(said["token_endpoint_auth_methods_supported"])
    assert "mtls_endpoint_aliases" not in said
    wishes: list[dict[str, Any]] = [
        {"token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": public(OWN_JWK)},
        {"tls_client_certificate_bound_access_tokens": True},
    ]
    for wish in wishes:
        assert (await open_registrar.register(**wish)).error == "invalid_client_metadata"


async def test_a_client_registers_its_own(newcomer: Registrar, home: Prober) -> None:
    told = await newcomer.registered(
        token_endpoint_auth_method="self_signed_tls_client_auth", jwks=public(OWN_JWK)
    )
    assert "client_secret" not in told
    one = client(home, told["client_id"], OWN.header)
    one.redirect_uri = told["redirect_uris"][0]
    assert (await one.tokens(scope="openid"))["id_token"]
    one.certificate = PKI.header
    assert (await one.redeem(await one.code(scope="openid"))).error == "invalid_client"
    refused = await newcomer.register(
        token_endpoint_auth_method="tls_client_auth", tls_client_auth_subject_dn=NAME
    )
    assert refused.error == "invalid_client_metadata"
