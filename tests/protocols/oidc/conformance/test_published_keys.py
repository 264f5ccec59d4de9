"""Clients that publish their keys, and those of several hosts that belong together: by their own web server."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc import jwe

from tests.people import ALICE
from tests.protocols.oidc import signer, signing
from tests.protocols.oidc.prober import Answer, Prober, claims
from tests.protocols.oidc.proxied import HOME, PORT, Publisher
from tests.protocols.oidc.registrar import CALLBACK, Registrar, changeable


def prove(one: Prober, key: Any = signing.EC) -> Prober:
    def assertion() -> str:
        return signing.sign(signing.assertion(one.client_id, one.issuer), key)

    one.method, one.assertion = "private_key_jwt", assertion
    return one


async def test_private_key_jwt_and_request_objects_by_published_keys(
    home: Prober, publisher: Publisher
) -> None:
    """A key that is not known yet is fetched when it is first named, and then it counts everywhere."""
    publisher.files["/published"] = signing.public(signing.EC)
    one = prove(home.other("published"))
    assert (await one.tokens())["id_token"]
    asked = publisher.asked.count("/published")
    assert asked == 1
    said = {**one.request(), "iss": "published", "aud": home.issuer}
    signed = signer.sign(said, signing.EC, kid=signing.EC.kid)
    outside = {"client_id": "published", "response_type": "code", "scope": "openid", "request": signed}
    bare: dict[str, str | None] = dict.fromkeys(one.request())
    assert (await one.authorize(**{**bare, **outside})).query.get("code")
    forged = signer.sign(said, signing.STRANGER, kid=signing.EC.kid)
    answer = await one.authorize(**{**bare, **outside, "request": forged, "redirect_uri": one.redirect_uri})
    assert answer.error == "invalid_request_object"
    assert (await prove(one, signing.STRANGER).redeem("unknown")).error == "invalid_client"
    assert publisher.asked.count("/published") == asked, "once a minute"


async def test_answers_are_encrypted_by_published_keys_or_not_given(
    home: Prober, publisher: Publisher
) -> None:
    """Core §10.2: without the key nothing is said in the clear, and nothing is spent."""
    one = home.other("sealed", secret=home.secret)
    code = await one.code()
    refused = await one.redeem(code)
    assert (refused.status, refused.error) == (503, "temporarily_unavailable")
    front = await one.authorize(response_type="id_token", code_challenge=None, code_challenge_method=None)
    assert front.error == "temporarily_unavailable"
    told = await registered_sealed(Registrar(home), publisher)
    tokens = await Registrar(home).tokens(told, ALICE)
    opened = jwe.decrypt_compact(
        tokens["id_token"], signing.SEALING_RSA, algorithms=["RSA-OAEP-256", "A128CBC-HS256"]
    )
    assert claims((opened.plaintext or b"").decode())["aud"] == told["client_id"]
    answer = await home.userinfo(tokens["access_token"])
    assert answer.headers["Content-Type"].startswith("application/jwt")
    assert jwe.decrypt_compact(answer.text, signing.SEALING_RSA, algorithms=["RSA-OAEP-256", "A128CBC-HS256"])


async def registered_sealed(newcomer: Registrar, publisher: Publisher) -> dict[str, Any]:
    publisher.files["/of-registered"] = signing.public(signing.SEALING_RSA)
    return await newcomer.registered(
        jwks_uri=f"{HOME}/of-registered",
        id_token_encrypted_response_alg="RSA-OAEP-256",
        userinfo_encrypted_response_alg="RSA-OAEP-256",
    )


async def test_oidcc_registration_jwks_uri(newcomer: Registrar, home: Prober, publisher: Publisher) -> None:
    """A registered client proves itself by the keys that it publishes."""
    publisher.files["/rp-keys"] = signing.public(signing.EC)
    told = await newcomer.registered(
        jwks_uri=f"{HOME}/rp-keys",
        token_endpoint_auth_method="private_key_jwt",
        token_endpoint_auth_signing_alg="ES256",
    )
    assert told["jwks_uri"] == f"{HOME}/rp-keys"
    one = prove(home.other(told["client_id"]))
    one.redirect_uri = CALLBACK
    assert (await one.tokens(scope="openid"))["id_token"]


@pytest.mark.parametrize(
    "metadata",
    [
        {"jwks_uri": "http://keys.example.com/"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": 7},
        {"jwks_uri": f"{HOME}/x", "jwks": signing.public(signing.EC)},
        {"token_endpoint_auth_method": "private_key_jwt"},
    ],
)
async def test_keys_lie_at_one_web_address(newcomer: Registrar, metadata: dict[str, Any]) -> None:
    """Registration §2: jwks and jwks_uri must not be used together."""
    answer = await newcomer.register(**metadata)
    assert (answer.status, answer.error) == (400, "invalid_client_metadata")


async def test_a_client_may_name_an_inner_address_and_gains_nothing(
    newcomer: Registrar, home: Prober
) -> None:
    """THREAT_MODEL.md 25: Outbound fetches: no private address; whoever waits there hears nothing of us."""
    told = await newcomer.registered(
        jwks_uri="https://169.254.169.254/latest", token_endpoint_auth_method="private_key_jwt",
        token_endpoint_auth_signing_alg="ES256",
    )  # fmt: skip
    one = prove(home.other(told["client_id"]))
    assert (await one.redeem("unknown")).error == "invalid_client"


HOSTS = ["https://one.example.com/cb", "https://two.example.com/cb"]


async def test_oidcc_registration_sector_uri(newcomer: Registrar, publisher: Publisher) -> None:
    """Core §8.1, Registration §5: clients of the sector know a user by one name, others by another."""
    publisher.files["/sector"] = [*HOSTS, CALLBACK]
    sector = {"subject_type": "pairwise", "sector_identifier_uri": f"{HOME}/sector"}
    several = await newcomer.registered(redirect_uris=HOSTS, **sector)
    assert several["sector_identifier_uri"] == f"{HOME}/sector"
    one = await newcomer.registered(**sector)
    alone = await newcomer.registered(subject_type="pairwise")
    subjects = [
        claims((await newcomer.tokens(told, ALICE, scope="openid"))["id_token"])["sub"]
        for told in (several, one, alone)
    ]
    assert subjects[0] == subjects[1] != subjects[2]


@pytest.mark.parametrize(
    ("listed", "uri"),
    [
        (HOSTS[:1], "/sector"), ([], "/sector"), ({"uris": HOSTS}, "/sector"), ("x", "/sector"), (HOSTS, "/missing"),
    ],
)  # fmt: skip
async def test_oidcc_registration_sector_bad(
    newcomer: Registrar, publisher: Publisher, listed: Any, uri: str
) -> None:
    """Also when it changes what it registered before."""
    publisher.files["/sector"] = listed
    wish = {"redirect_uris": HOSTS, "subject_type": "pairwise", "sector_identifier_uri": HOME + uri}
    assert_refused(await newcomer.register(**wish))
    told = await newcomer.registered()
    assert_refused(await newcomer.manage("PUT", told, {**changeable(told), **wish}))


@pytest.mark.parametrize(
    "uri",
    ["http://one.example.com/", "https://10.0.0.1/", f"http://127.0.0.1:{PORT}/", "x", 7],
    ids=["plain", "private", "loopback", "none", "number"],  # the port is another in each process
)
async def test_a_sector_is_fetched_from_no_inner_address(newcomer: Registrar, uri: Any) -> None:
    """THREAT_MODEL.md 25: Outbound fetches: allow-listed, no private address."""
    assert_refused(await newcomer.register(redirect_uris=HOSTS, sector_identifier_uri=uri))


def assert_refused(answer: Answer) -> None:
    assert (answer.status, answer.error) == (400, "invalid_client_metadata")
    assert "sector_identifier_uri" in answer.json["error_description"]
