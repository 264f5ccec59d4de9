"""PKCE with S256."""

from __future__ import annotations

import pytest

from protocols.oidc.pkce import is_challenge, is_proven

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"  # RFC 7636 appendix B
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_example_of_the_rfc_is_proven() -> None:
    assert is_proven(CHALLENGE, VERIFIER)


@pytest.mark.parametrize(
    ("challenge", "verifier"),
    [
        (CHALLENGE, None),
        (None, VERIFIER),
        (CHALLENGE, CHALLENGE),
        (CHALLENGE, VERIFIER[:-1]),
        (CHALLENGE, VERIFIER + "="),
        (CHALLENGE, VERIFIER + "\n"),
        (CHALLENGE, ""),
        (CHALLENGE, "é" * 50),
        (VERIFIER, VERIFIER),
    ],
)
def test_anything_else_is_not(challenge: str | None, verifier: str | None) -> None:
    """THREAT_MODEL.md 12: PKCE downgrade: a verifier without challenge, or a challenge without verifier:
    refused.
    """
    assert not is_proven(challenge, verifier)


def test_without_either_there_is_nothing_to_prove() -> None:
    assert is_proven(None, None)


def test_a_short_verifier_is_refused_even_if_it_fits() -> None:
    """RFC 7636 §4.1 asks for 43 characters."""
    short = "a" * 42
    assert not is_proven("elOGB_2quSlplZKfRRVlu7gULhhEEXMiqv0rPXawGv8", short)


@pytest.mark.parametrize("text", ["", "a" * 42, "a" * 44, "a" * 42 + "=", "a" * 42 + "+", CHALLENGE + "\n"])
def test_what_no_sha256_can_be_is_no_challenge(text: str) -> None:
    assert not is_challenge(text)
    assert is_challenge(CHALLENGE)
