"""Public keys that somebody publishes."""

import pytest

from keys.jwk import VerifyingKey
from keys.jws import InvalidToken, SigningKey, verify

ALGORITHMS = ("RS256", "ES256", "EdDSA")


@pytest.fixture(scope="module", params=ALGORITHMS)
def signing_key(request: pytest.FixtureRequest) -> SigningKey:
    return SigningKey.generate(request.param)


def test_what_a_key_signs_its_published_half_verifies(signing_key: SigningKey) -> None:
    key = VerifyingKey.load(signing_key.public)
    assert verify(signing_key.sign({"sub": "alice"}), {signing_key.kid: key}.get) == {"sub": "alice"}


def test_another_keys_signature_is_refused(signing_key: SigningKey) -> None:
    stranger = VerifyingKey.load(SigningKey.generate(signing_key.alg).public)
    with pytest.raises(InvalidToken):
        verify(signing_key.sign({}), {signing_key.kid: stranger}.get)


@pytest.mark.parametrize("alg", ["none", "HS256", "RS512", None, 7])
def test_an_algorithm_that_is_not_ours_is_refused(signing_key: SigningKey, alg: object) -> None:
    with pytest.raises(ValueError, match="no algorithm"):
        VerifyingKey.load({**signing_key.public, "alg": alg})


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_a_key_serves_no_algorithm_but_its_own(signing_key: SigningKey, alg: str) -> None:
    if alg == signing_key.alg:
        assert VerifyingKey.load(signing_key.public).alg == alg
    else:
        with pytest.raises(ValueError, match="not a key for"):
            VerifyingKey.load({**signing_key.public, "alg": alg})


@pytest.mark.parametrize("value", ["", "AA", "!", 7, None])
def test_members_that_are_no_key_are_refused(signing_key: SigningKey, value: object) -> None:
    for name in {"n", "x", "kty"} & signing_key.public.keys():
        with pytest.raises(ValueError, match="not a key for"):
            VerifyingKey.load({**signing_key.public, name: value})
