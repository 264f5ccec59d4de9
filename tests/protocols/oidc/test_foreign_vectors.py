"""THREAT_MODEL.md 11: attacks on signatures by Project Wycheproof, against each place that verifies a client's JWT."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest

from protocols.oidc import foreign_secret
from protocols.oidc.foreign import Keys, Untrustworthy

VECTORS = Path(__file__).parents[2] / "vectors" / "json_web_signature_test.json"
SHORTEST = 32  # bytes of an HMAC key that we accept
# Where the vectors and we disagree, with the reason.
REFUSED = {
    346: "the header names another algorithm than the key",
    347: "the key names an algorithm that does not exist",
    350: "the header names another algorithm than the key",
    351: "the key names an algorithm that does not exist",
    372: "a character that base64url does not have",
    373: "a character that base64url does not have",
}
ACCEPTED = {367: "byte for byte the valid vector 357", 370: "byte for byte the valid vector 357"}


def load() -> list[Any]:
    groups = json.loads(VECTORS.read_text())["testGroups"]
    return [
        pytest.param(group.get("public") or group["private"], test, id=f"{test['tcId']}-{test['comment']}")
        for group in groups
        for test in group["tests"]
    ]


def verify(key: dict[str, Any], jws: str) -> bytes:
    algorithm = key.get("alg", "RS256" if key["kty"] == "RSA" else "ES256")
    if key["kty"] == "oct":
        secret = urlsafe_b64decode(key["k"] + "==")
        return foreign_secret.signed(jws, secret, algorithm)
    return Keys({"keys": [key]}).signed(jws, algorithm, (None, "jwt"))


def rsa(bits: int, exponent: int) -> dict[str, str]:
    """A public key of that size. Nobody has the private half."""

    def encoded(number: int) -> str:
        raw = number.to_bytes((number.bit_length() + 7) // 8)
        return urlsafe_b64encode(raw).rstrip(b"=").decode()

    return {"kty": "RSA", "n": encoded((1 << bits) - 1), "e": encoded(exponent)}


@pytest.mark.parametrize(
    ("bits", "exponent"), [(2047, 65537), (8193, 65537), (12_000, 2**64 - 1), (2048, 2**32 + 1)]
)
def test_a_key_that_protects_too_little_or_costs_too_much_is_none(bits: int, exponent: int) -> None:
    """THREAT_MODEL.md 32: bounded time. A stranger brings a key of his own with a DPoP proof, and we use it."""
    assert Keys({"keys": [rsa(2048, 65537), rsa(8192, 2**32 - 1)]})
    with pytest.raises(ValueError, match="an RSA key"):
        Keys({"keys": [rsa(bits, exponent)]})


@pytest.mark.parametrize(("key", "test"), load())
def test_a_vector_is_accepted_or_refused_as_it_says(key: dict[str, Any], test: dict[str, Any]) -> None:
    """What is valid is accepted, and nothing else ever."""
    accepted = (test["result"] == "valid" or test["tcId"] in ACCEPTED) and test["tcId"] not in REFUSED
    if key["kty"] == "oct" and len(urlsafe_b64decode(key["k"] + "==")) < SHORTEST:
        accepted = False
    if not accepted:
        with pytest.raises((Untrustworthy, ValueError)):
            verify(key, test["jws"])
        return
    payload = test["jws"].split(".")[1]
    assert verify(key, test["jws"]) == urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
