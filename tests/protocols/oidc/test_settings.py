"""What an administrator may say of a client."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from idp.config.secrets import SecretReading
from keys.secret import Secret
from protocols.oidc.settings import ServiceSettings, TenantSettings
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
    assert settings.warnings() == ()


def test_tokens_in_the_front_channel_are_warned_about() -> None:
    settings = ServiceSettings.model_validate({**WIKI, "response_types": ["code", "id_token"]})
    assert "9700" in settings.warnings()[0]


def test_the_exception_from_pkce_is_warned_about() -> None:
    assert "9700" in ServiceSettings.model_validate({**WIKI, "pkce": "optional"}).warnings()[0]


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
