"""Algorithm pinned per key.

`none`, an HMAC made with a public key, an empty key, `jku`/`x5u`/embedded `jwk`: refused.
"""

import hashlib
import hmac
import json
import pickle
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key

from keys import base64url, jwks
from keys.algorithm import ALGORITHMS, PrivateKey
from keys.jws import TOKEN_LIMIT, InvalidToken, SigningKey
from keys.ring import KeyRing

CLAIMS = {"iss": "https://login.example.com", "sub": "u1", "aud": "wiki", "exp": 2_000_000_000}
KEYS = {alg: SigningKey.generate(alg) for alg in ALGORITHMS}
RING = KeyRing(active=tuple(KEYS.values()))
INTRUDERS = {alg: SigningKey.generate(alg) for alg in ALGORITHMS}


def header_of(token: str) -> dict[str, Any]:
    header: dict[str, Any] = json.loads(base64url.decode(token.partition(".")[0].encode()))
    return header


def forge(header: dict[str, Any], signature: bytes = b"", claims: object = CLAIMS) -> str:
    return b".".join(
        base64url.encode(part) for part in (orjson.dumps(header), orjson.dumps(claims), signature)
    ).decode()


def sign_as(key: SigningKey, header: dict[str, Any], claims: object = CLAIMS) -> str:
    """What the holder of the private key could make with any header."""
    message = base64url.encode(orjson.dumps(header)) + b"." + base64url.encode(orjson.dumps(claims))
    private: PrivateKey = load_der_private_key(key.dump(), None)  # type: ignore[assignment]
    signature = ALGORITHMS[key.alg].sign(private, message)
    return (message + b"." + base64url.encode(signature)).decode()


@pytest.fixture(params=ALGORITHMS)
def key(request: pytest.FixtureRequest) -> SigningKey:
    return KEYS[request.param]


def refuse(token: str) -> None:
    with pytest.raises(InvalidToken):
        RING.verify(token)


def test_what_we_sign_we_verify(key: SigningKey) -> None:
    token = key.sign(CLAIMS)
    assert header_of(token) == {"alg": key.alg, "kid": key.kid, "typ": "JWT"}
    assert RING.verify(token) == CLAIMS
    assert sign_as(key, header_of(token)).count(".") == 2
    assert RING.verify(sign_as(key, header_of(token))) == CLAIMS, "the forger of these tests can sign"


def test_no_other_type_of_token_passes_for_it(key: SigningKey) -> None:
    """A value made for one purpose is never taken for another."""
    logout = key.sign(CLAIMS, "logout+jwt")
    refuse(logout)
    assert RING.verify(logout, "logout+jwt") == CLAIMS
    with pytest.raises(InvalidToken):
        RING.verify(key.sign(CLAIMS), "logout+jwt")


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "", None, 0, ["RS256"], {}])
def test_none_is_refused_in_every_spelling(key: SigningKey, alg: object) -> None:
    genuine = key.sign(CLAIMS).rpartition(".")[2]
    for signature in (b"", base64url.decode(genuine.encode())):
        refuse(forge({"alg": alg, "kid": key.kid, "typ": "JWT"}, signature))
        refuse(forge({"alg": alg}, signature))


@pytest.mark.parametrize("encoding", ["pem", "der", "jwk", "empty"])
@pytest.mark.parametrize("alg", ["HS256", "RS256"])
def test_an_hmac_made_with_a_public_or_an_empty_key_is_refused(encoding: str, alg: str) -> None:
    private = load_der_private_key(KEYS["RS256"].dump(), None)
    public = private.public_key()
    known = {
        "pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "der": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "jwk": orjson.dumps(dict(KEYS["RS256"].public)),
        "empty": b"",
    }
    header = {"alg": alg, "kid": KEYS["RS256"].kid, "typ": "JWT"}
    message = forge(header).rpartition(".")[0]
    mac = hmac.digest(known[encoding], message.encode(), hashlib.sha256)
    refuse(forge(header, mac))


def test_another_algorithm_of_ours_is_refused(key: SigningKey) -> None:
    for alg in ALGORITHMS.keys() - {key.alg}:
        refuse(sign_as(key, {"alg": alg, "kid": key.kid, "typ": "JWT"}))


@pytest.mark.parametrize("name", ["jku", "x5u", "jwk", "x5c", "x5t", "crit", "b64", "zip", "cty"])
def test_a_header_that_brings_or_names_a_key_is_refused(key: SigningKey, name: str) -> None:
    intruder = INTRUDERS[key.alg]
    for value in (dict(intruder.public), "https://evil.example/jwks", [name], None):
        header = {"alg": key.alg, "kid": key.kid, "typ": "JWT", name: value}
        refuse(sign_as(intruder, header))
        refuse(sign_as(key, header))


def test_a_strangers_key_is_refused_under_our_kid_and_its_own(key: SigningKey) -> None:
    intruder = INTRUDERS[key.alg]
    refuse(intruder.sign(CLAIMS))
    refuse(sign_as(intruder, {"alg": key.alg, "kid": key.kid, "typ": "JWT"}))


@pytest.mark.parametrize("kid", [None, "", 1, ["a"], {}, "../../dev/null", "' OR 1=1"])
def test_an_unknown_kid_is_refused(key: SigningKey, kid: object) -> None:
    refuse(sign_as(key, {"alg": key.alg, "kid": kid, "typ": "JWT"}))


def test_a_changed_character_anywhere_is_refused(key: SigningKey) -> None:
    token = key.sign({"sub": "u1"})
    for place, character in enumerate(token):
        other = "A" if character != "A" else "B"
        refuse(token[:place] + other + token[place + 1 :])


@pytest.mark.parametrize(
    "change",
    [
        lambda t: "",
        lambda t: "..",
        lambda t: t + ".",
        lambda t: t + "=",
        lambda t: " " + t,
        lambda t: t + "\n",
        lambda t: t.rpartition(".")[0],
        lambda t: t.rpartition(".")[0] + ".",
        lambda t: t.replace(".", "..", 1),
        lambda t: "\udc80" + t,
        lambda t: t + "." + t,
        lambda t: "e30." + t.split(".", 1)[1],
        lambda t: "W10." + t.split(".", 1)[1],
        lambda t: "A" * (TOKEN_LIMIT + 1),
        lambda t: "[" * 10_000,
    ],
)
def test_what_is_not_a_compact_jws_is_refused(key: SigningKey, change: Any) -> None:
    refuse(change(key.sign(CLAIMS)))


@pytest.mark.parametrize("claims", [[], "text", 1, None])
def test_claims_are_an_object(key: SigningKey, claims: object) -> None:
    refuse(sign_as(key, {"alg": key.alg, "kid": key.kid, "typ": "JWT"}, claims))


def test_a_key_comes_back_from_what_it_gave(key: SigningKey) -> None:
    again = SigningKey.load(key.alg, key.dump())
    assert again.kid == key.kid
    assert again.public == key.public
    assert RING.verify(again.sign(CLAIMS)) == CLAIMS


@pytest.mark.parametrize(
    ("alg", "private"),
    [
        ("RS256", ec.generate_private_key(ec.SECP256R1())),
        ("RS256", rsa.generate_private_key(65537, 1024)),
        ("ES256", ec.generate_private_key(ec.SECP384R1())),
        ("ES256", ed25519.Ed25519PrivateKey.generate()),
        ("EdDSA", ec.generate_private_key(ec.SECP256R1())),
    ],
)
def test_a_key_of_another_kind_is_refused(alg: str, private: PrivateKey) -> None:
    with pytest.raises(ValueError, match=alg):
        SigningKey(ALGORITHMS[alg], private)


def test_a_signing_key_shows_nothing_of_itself(key: SigningKey) -> None:
    """Secrets have a type without a repr."""
    assert repr(key) == f"SigningKey({key.alg}, {key.kid})"
    with pytest.raises(TypeError):
        pickle.dumps(key)


def test_the_ring_signs_with_the_oldest_active_key_and_verifies_with_all() -> None:
    following, active, second, retired = (SigningKey.generate("ES256") for _ in range(4))
    ring = KeyRing(next=(following,), active=(active, second), retired=(retired,))
    assert ring.pick("ES256") is active
    assert ring.algorithms == ("ES256",)
    for key in (following, active, second, retired):
        assert ring.verify(key.sign(CLAIMS)) == CLAIMS
    with pytest.raises(LookupError):
        ring.pick("RS256")
    with pytest.raises(LookupError):
        KeyRing(next=(following,), retired=(retired,)).pick("ES256")


def test_the_jwk_set_publishes_next_active_and_retired_keys() -> None:
    """RFC 7517 §5; what will sign is known to every cache before it does."""
    following, active, retired = (SigningKey.generate(alg) for alg in ALGORITHMS)
    published = json.loads(jwks.document(KeyRing((following,), (active,), (retired,))))
    assert published.keys() == {"keys"}
    assert {jwk["kid"]: jwk for jwk in published["keys"]} == {
        key.kid: dict(key.public) for key in (following, active, retired)
    }
