"""What an administrator may say of a client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from idp.config.secrets import SecretReading
from idp.custody.signing import TOKEN_SECONDS
from keys.secret import Secret
from protocols.oidc.settings import ServiceSettings, TenantSettings
from protocols.oidc.vocabulary import DEVICE_CODE, TOKEN_EXCHANGE
from tests.protocols.oidc import signing
from tests.protocols.oidc.signer import CLIENT_KEY

WIKI = {
    "client_id": "wiki",
    "client_secret": Secret("s3cret"),
    "redirect_uris": ["https://rp.example.com/cb"],
}


def test_the_defaults_are_the_strict_choice() -> None:
    settings = ServiceSettings.model_validate(WIKI)
    assert settings.pkce == "required"
    assert settings.token_endpoint_auth_method == "client_secret_basic"
    assert "offline_access" not in settings.scopes
    assert settings.warnings() == {}


def test_a_device_needs_no_redirect_uri() -> None:
    """RFC 8628 has none."""
    device = {"client_id": "tv", "token_endpoint_auth_method": "none", "grant_types": [DEVICE_CODE]}
    assert ServiceSettings.model_validate(device).redirect_uris == ()


def test_tokens_in_the_front_channel_are_warned_about() -> None:
    settings = ServiceSettings.model_validate({**WIKI, "response_types": ["code", "id_token"]})
    assert "9700" in settings.warnings()["response_types"]


def test_the_exception_from_pkce_is_warned_about() -> None:
    assert "9700" in ServiceSettings.model_validate({**WIKI, "pkce": "optional"}).warnings()["pkce"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"client_secret": None}, "is missing"),
        ({"client_secret": Secret(" \t")}, "white space"),
        ({"token_endpoint_auth_method": "none"}, "has no secret"),
        (
            {"token_endpoint_auth_method": "none", "client_secret": None, "pkce": "optional"},
            "must be required",
        ),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "needs jwks"),
        ({"token_endpoint_auth_method": "client_secret_jwt"}, "must have 32 bytes"),
        ({"token_endpoint_auth_signing_alg": "RS256"}, "only"),
        (
            {"token_endpoint_auth_method": "client_secret_jwt", "token_endpoint_auth_signing_alg": "RS256"},
            "not for client_secret_jwt",
        ),
        ({"grant_types": [TOKEN_EXCHANGE]}, "exchange_audiences: needs at least 1"),
        ({"exchanges": ["mail"]}, "need urn:ietf:params:oauth:grant-type:token-exchange"),
        ({"exchange_audiences": ["https://api.example.com"]}, "exchanges and exchange_audiences need"),
        (
            {
                "token_endpoint_auth_method": "none",
                "client_secret": None,
                "grant_types": [TOKEN_EXCHANGE],
                "exchange_audiences": ["ledger"],
            },
            "needs a client that authenticates",
        ),
        ({"grant_types": [DEVICE_CODE], "scopes": ["profile"]}, "must contain openid"),
        ({"jwks": {"file": "setup.cfg"}}, "must be a JWK set"),
        ({"jwks": {"keys": []}}, "at least one key"),
        ({"scopes": ["profile"]}, "must contain openid"),
        ({"scopes": ["openid", "a b"]}, "printable ASCII"),
        ({"client_id": "a b"}, "printable ASCII"),
        ({"client_id": ""}, "printable ASCII"),
        ({"redirect_uris": []}, "at least 1"),
        ({"redirect_uris": ["http://rp.example.com/cb"]}, "must be https"),
        ({"id_token_signed_response_alg": "none"}, "RS256"),
        ({"id_token_signed_response_alg": "HS256"}, "RS256"),
        ({"response_types": []}, "at least 1"),
        ({"response_types": ["token"]}, "code id_token token"),
        ({"response_types": ["id_token code"]}, "code id_token token"),
        ({"consent": "sometimes"}, "remembered"),
        ({"jwks": {}}, "must be a JWK set"),
        ({"jwks": {"keys": []}}, "must be a JWK set"),
        ({"jwks": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}}, "public keys only"),
        ({"jwks": {"keys": [CLIENT_KEY.as_dict(private=True)]}}, "public keys only"),
        ({"jwks": {"keys": [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}]}}, "cannot be read"),
        ({"jwks": {"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}}, "2048 bits|cannot be read"),
        ({"request_object_signing_alg": "none"}, "RS256"),
        ({"request_object_signing_alg": "HS256"}, "RS256"),
        ({"require_signed_request_object": True}, "needs jwks"),
        ({"claims": {"sub": "employee"}}, "said by the server itself"),
        ({"claims": {"amr": "employee"}}, "said by the server itself"),
        ({"redirect_uri": "https://rp.example.com/cb"}, "Extra inputs"),
    ],
)
def test_a_mistake_is_told_in_words(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        ServiceSettings.model_validate({**WIKI, **changed})


def test_a_scope_cannot_stand_for_what_the_server_says() -> None:
    with pytest.raises(ValidationError, match="said by the server itself"):
        TenantSettings.model_validate({"scopes": {"staff": ["acr"]}})


@pytest.mark.parametrize("name", ["id_token_seconds", "access_token_seconds"])
def test_nothing_that_we_sign_may_outlive_the_key_that_signed_it(name: str) -> None:
    """Retired keys go `idp.custody.signing.TOKEN_SECONDS` after their last signature."""
    for model, rest in ((ServiceSettings, WIKI), (TenantSettings, {})):
        if name in model.model_fields:
            model.model_validate(rest | {name: TOKEN_SECONDS})
            with pytest.raises(ValidationError):
                model.model_validate(rest | {name: TOKEN_SECONDS + 1})


def test_a_front_channel_address_is_of_the_services_own_host() -> None:
    """OpenID Connect Front-Channel Logout §2."""
    good = "https://rp.example.com/out"
    assert ServiceSettings.model_validate(WIKI | {"frontchannel_logout_uri": good})
    for bad in ("https://evil.example/out", "http://rp.example.com/out", "https://rp.example.com:444/out"):
        with pytest.raises(ValidationError):
            ServiceSettings.model_validate(WIKI | {"frontchannel_logout_uri": bad})


@pytest.mark.parametrize("name", ["frontchannel_logout_uri", "backchannel_logout_uri"])
@pytest.mark.parametrize(
    "uri",
    [
        "http://rp.example.com/out",
        "com.example.app:/out",
        "https://u@rp.example.com/",
        "https://rp.example.com/#x",
        "/out",
    ],
)
def test_a_logout_address_is_an_address_of_the_web(name: str, uri: str) -> None:
    with pytest.raises(ValidationError):
        ServiceSettings.model_validate(WIKI | {name: uri})


@pytest.mark.parametrize("host", ["https://intra.example.com", "intra.example.com:443", "a b", ""])
def test_a_host_that_we_may_call_is_a_name_alone(host: str) -> None:
    assert TenantSettings.model_validate({"outbound_allow": ["Intra.example.com", "[::1]"]}).outbound_allow == (
        "intra.example.com", "::1",
    )  # fmt: skip
    with pytest.raises(ValidationError):
        TenantSettings.model_validate({"outbound_allow": [host]})


def test_keys_are_read_from_a_file_for_an_administrator_alone(tmp_path: Path) -> None:
    """Whoever registers himself names no file of ours."""
    settings = {**WIKI, "jwks": {"file": "keys.json"}}
    reading = SecretReading(tmp_path)
    with pytest.raises(ValidationError, match="cannot read"):
        ServiceSettings.model_validate(settings, context=reading)
    (tmp_path / "keys.json").write_text("[")
    with pytest.raises(ValidationError, match="is no JSON"):
        ServiceSettings.model_validate(settings, context=reading)
    (tmp_path / "keys.json").write_text(json.dumps(signing.public(signing.EC)))
    assert ServiceSettings.model_validate(settings, context=reading).jwks == signing.public(signing.EC)
    with pytest.raises(ValidationError, match="must be a JWK set"):
        ServiceSettings.model_validate(settings)
