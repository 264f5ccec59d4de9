"""The modules about response types and modes, in every flow that a service can turn on."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.protocols.oidc.conftest import RESPONSE_TYPES
from tests.protocols.oidc.prober import Prober

FRONT = [kind for kind in RESPONSE_TYPES if kind != "code"]
FORBIDDEN_MODES = ["query", "query.jwt", "bogus"]


@pytest.fixture
def front(rp: Prober) -> Prober:
    """The service that turned every response type on."""
    return rp.other("front", secret=rp.secret)


async def verified(front: Prober, id_token: str) -> dict[str, Any]:
    """Core §3.2.2.11: signature, issuer, audience, nonce."""
    keys = KeySet.import_key_set(json.loads((await front.get("/oidc/jwks")).text))
    claims = dict(jwt.decode(id_token, keys, algorithms=["RS256"]).claims)
    assert (claims["iss"], claims["aud"], claims["nonce"]) == (front.issuer, front.client_id, "a nonce")
    return claims


def half(value: str) -> str:
    """Core §3.1.3.6 for RS256."""
    return urlsafe_b64encode(hashlib.sha256(value.encode()).digest()[:16]).rstrip(b"=").decode()


@pytest.mark.parametrize("mode", [None, "fragment", "form_post"])
@pytest.mark.parametrize("kind", FRONT)
async def test_oidcc_server(front: Prober, kind: str, mode: str | None) -> None:
    """Core §3.2.2.5, §3.3.2.5: exactly what was asked for, each bound to the ID token by its hash."""
    answer = await front.authorize(response_type=kind, response_mode=mode)
    assert answer.status == (200 if mode == "form_post" else 303), answer.text
    said, asked = answer.said, kind.split()
    expected = {"state", "iss"} | {"access_token" if word == "token" else word for word in asked}
    if "token" in asked:
        expected |= {"token_type", "expires_in", "scope"}
        assert said["token_type"] == "Bearer"
        assert (await front.userinfo(said["access_token"])).json["email"] == "alice@example.com"
    assert said.keys() == expected
    if "id_token" in asked:
        claims = await verified(front, said["id_token"])
        assert claims.get("c_hash") == (half(said["code"]) if "code" in asked else None)
        assert claims.get("at_hash") == (half(said["access_token"]) if "token" in asked else None)
        # Core §5.4: without an access token the claims of the scopes come in the ID token.
        assert ("email" in claims) == (kind == "id_token")
    if "code" in asked:
        tokens = (await front.redeem(said["code"])).json
        assert (await verified(front, tokens["id_token"]))["aud"] == "front"
        assert tokens["access_token"] != said.get("access_token")


async def test_oidcc_alternate_happy_flow(front: Prober) -> None:
    """The order of the values says nothing (Multiple Response Type Encoding Practices §2)."""
    answer = await front.authorize(response_type="token code id_token")
    assert {"code", "id_token", "access_token"} <= answer.fragment.keys()


@pytest.mark.parametrize("mode", [None, "form_post"])
@pytest.mark.parametrize("kind", FRONT)
async def test_oidcc_ensure_request_without_nonce_fails(front: Prober, kind: str, mode: str | None) -> None:
    """Core §3.2.2.1, §3.3.2.11, told in the mode that was asked for."""
    answer = await front.authorize(response_type=kind, nonce=None, response_mode=mode)
    assert answer.said["error"] == "invalid_request"
    assert answer.said["state"] == "a state"
    assert not {"code", "access_token", "id_token"} & answer.said.keys()


async def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(rp: Prober) -> None:
    assert "code" in (await rp.authorize(nonce=None)).query


@pytest.mark.parametrize("mode", [None, "query", "fragment", "form_post"])
async def test_oidcc_response_type_missing(front: Prober, mode: str | None) -> None:
    """RFC 6749 §3.1.1."""
    answer = await front.authorize(response_type=None, response_mode=mode)
    assert answer.said["error"] == "invalid_request"
    assert answer.said["state"] == "a state"


async def test_oidcc_ensure_request_with_valid_pkce_succeeds(front: Prober) -> None:
    """RFC 7636 §4.5, with a code from the front channel too."""
    code = (await front.authorize(response_type="code id_token")).fragment["code"]
    assert (await front.redeem(code, code_verifier="x" * 43)).error == "invalid_grant"
    code = (await front.authorize(response_type="code id_token")).fragment["code"]
    assert (await front.redeem(code)).status == 200


async def test_oidcc_codereuse(front: Prober) -> None:
    """THREAT_MODEL.md 14: the token from the front channel falls with the code that came beside it."""
    said = (await front.authorize(response_type="code token")).fragment
    assert (await front.redeem(said["code"])).status == 200
    assert (await front.userinfo(said["access_token"])).status == 200
    assert (await front.redeem(said["code"])).error == "invalid_grant"
    assert (await front.userinfo(said["access_token"])).status == 401


@pytest.mark.parametrize("mode", FORBIDDEN_MODES)
@pytest.mark.parametrize("kind", FRONT)
async def test_tokens_never_travel_in_a_query(front: Prober, kind: str, mode: str) -> None:
    """Multiple Response Type Encoding Practices §3.0: an error, and that not in the query either."""
    answer = await front.authorize(response_type=kind, response_mode=mode)
    assert answer.fragment["error"] == "invalid_request"


async def test_the_page_of_form_post_goes_to_the_service_and_nowhere_else(rp: Prober) -> None:
    """THREAT_MODEL.md 9: strict CSP without inline script; the form works by button without script."""
    answer = await rp.authorize(response_mode="form_post", state='"><script>alert(1)</script>')
    (form,) = answer.page.forms
    assert (form.method, form.action) == ("post", rp.redirect_uri)
    assert form.fields["state"] == '"><script>alert(1)</script>'
    assert answer.text.count("<button") == 1
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert policy["form-action"] == rp.redirect_uri
    assert policy["script-src"] == "'self'"
    assert "<script>" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert (await rp.redeem(form.fields["code"])).status == 200


async def test_claims_of_userinfo_need_an_access_token(front: Prober) -> None:
    """Core §5.5."""
    wish = json.dumps({"userinfo": {"email": None}})
    assert (await front.authorize(response_type="id_token", claims=wish)).said["error"] == "invalid_request"
    assert "access_token" in (await front.authorize(response_type="id_token token", claims=wish)).said


async def test_a_service_gets_only_the_response_types_that_it_turned_on(rp: Prober) -> None:
    for kind in FRONT:
        assert (await rp.authorize(response_type=kind)).fragment["error"] == "unauthorized_client"
