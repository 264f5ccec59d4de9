"""Parsers of the OpenID Connect door: parameters, claims, what clients sign, what they register."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
from functools import cache
from typing import Any
from urllib.parse import urlencode

import orjson

from idp.tenant import Service
from keys import base64url
from keys.jws import InvalidToken, SigningKey, verify
from keys.secret import Secret
from protocols.oidc import assertion, checks, claims, clients, foreign_secret, metadata, parameters, proof
from protocols.oidc.clients import Client
from protocols.oidc.errors import AuthorizationError, Malformed, RegistrationError, TokenError, Untrusted
from protocols.oidc.foreign import Keys, Untrustworthy, as_claims
from protocols.oidc.redirect_uri import is_registered, registrable
from protocols.oidc.registration_settings import RegistrationSettings
from protocols.oidc.settings import ServiceSettings, TenantSettings
from protocols.oidc.user_code import parse as parse_code
from tests.configuration import SECRET
from tests.fuzz.kept import kept
from tests.fuzz.target import target
from tests.protocols.oidc import signing

NOW = 1_800_000_000
AUDIENCE = "https://id.example.com"
REDIRECT_URIS = ["https://wiki.example.com/cb", "http://127.0.0.1/cb", "com.example.app:/cb"]
POLICY = RegistrationSettings(enabled=True, scopes=("openid", "profile", "offline_access"))
ALGORITHMS = ("RS256", "ES256", "EdDSA")
NAMES = (
    b"client_id=", b"&redirect_uri=", b"&response_type=", b"code id_token token", b"&scope=openid", b"&state=",
    b"&nonce=", b"&prompt=", b"none login consent", b"&max_age=", b"&claims=", b"&request=", b"&request_uri=",
    b"&response_mode=", b"&code_challenge=", b"&code_challenge_method=S256", b"&resource=", b"&audience=",
    b"&ui_locales=", b"&id_token_hint=", b"&dpop_jkt=",
)  # fmt: skip


@cache
def client() -> Client:
    """One that shares a secret with us, and may ask for everything."""
    settings = ServiceSettings.model_validate(
        {
            "client_id": "wiki",
            "client_secret": Secret(SECRET),
            "redirect_uris": REDIRECT_URIS,
            "scopes": ["openid", "profile", "email", "address", "phone", "offline_access"],
            "token_endpoint_auth_method": "client_secret_jwt",
            "resources": ["https://api.example.com"],
        }
    )
    return clients.new(Service("wiki", {"en": "Wiki"}, {}), settings, TenantSettings())


def request() -> list[bytes]:
    asked = {
        "client_id": "wiki",
        "redirect_uri": REDIRECT_URIS[0],
        "response_type": "code",
        "scope": "openid profile",
        "state": "s",
        "nonce": "n",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
        "claims": '{"userinfo":{"sub":{"value":"a"},"name":null},"id_token":{"acr":{"values":["x"]}}}',
        "max_age": "600",
        "prompt": "login consent",
        "resource": "https://api.example.com",
    }
    token = {"grant_type": "authorization_code", "code": "c", "code_verifier": "v" * 43}
    return [urlencode(asked).encode(), urlencode(token).encode(), b"a=b&resource=x&resource=y&c="]


@target("oidc-parameters", request, NAMES)
def look_at_parameters(data: bytes) -> None:
    """Read twice they are the same; what is asked with them is granted or refused in words."""
    try:
        read = parameters.parse(data)
    except Malformed:
        return
    assert parameters.parse(urlencode(read).encode()) == read
    for check in checks.REPORTABLE:
        try:
            check(read, client())
        except (AuthorizationError, Untrusted):
            return
    if "claims" in read:
        with contextlib.suppress(Malformed):
            look_at_wishes(read["claims"])


@target("oidc-claims", lambda: [b'{"userinfo":{"sub":{"value":"a","essential":true},"name":null}}', b"{}"])
def look_at_claims(data: bytes) -> None:
    with contextlib.suppress(Malformed, UnicodeDecodeError):
        look_at_wishes(data.decode())


def look_at_wishes(text: str) -> None:
    """They are stored, and asked about."""
    wished = claims.parse_request(text)
    orjson.dumps({"request": {"claims": wished}})
    claims.is_wished_subject({"claims": wished}, "somebody")
    for members in wished.values():
        for wish in members.values():
            claims.fits("value", wish)


@target(
    "redirect-uri", lambda: [uri.encode() for uri in REDIRECT_URIS], (b"localhost", b":8080", b"@", b"%2e")
)
def look_at_redirect_uri(data: bytes) -> None:
    """Only a loopback port may vary, and what may be registered is what is compared."""
    uri = data.decode("utf-8", "surrogateescape")
    if is_registered(uri, REDIRECT_URIS) and uri not in REDIRECT_URIS:
        assert uri.startswith("http://127.0.0.1:") and uri.endswith("/cb")
        assert uri.removeprefix("http://127.0.0.1:").removesuffix("/cb").isdigit()
    with contextlib.suppress(ValueError):
        assert registrable(uri) == uri
        assert is_registered(uri, [uri])


@target("basic-credentials", lambda: [b"Basic d2lraTpzZWNyZXQ=", b"basic JTAwOng="], (b"Bearer ",))
def look_at_credentials(data: bytes) -> None:
    header = data.decode("utf-8", "surrogateescape")
    clients.claimed_id({}, [header])
    with contextlib.suppress(TokenError):
        clients.authenticate({"wiki": client()}, {"client_id": "wiki"}, [header])


@kept
def published() -> list[bytes]:
    """The keys that a client registers."""
    return [orjson.dumps(signing.public(signing.EC, signing.RSA))]


@cache
def keys() -> Keys:
    return Keys(orjson.loads(published()[0]))


@kept
def tokens() -> list[bytes]:
    right = signing.assertion("wiki", AUDIENCE, iat=NOW, exp=NOW + 60)
    shown = {"typ": "dpop+jwt", "jwk": signing.EC.as_dict(private=False)}
    return [
        signing.sign(right, signing.EC).encode(),
        signing.sign(right, signing.RSA).encode(),
        signing.sign(right, signing.SHARED).encode(),
        signing.sign({"htm": "POST", "jti": "j", "iat": NOW}, signing.EC, **shown).encode(),
        base64url.encode(b'{"alg":"none"}') + b".e30.",
    ]


@target("jwt", tokens, (b".", b"eyJhbGciOiJub25lIn0", b"eyJhbGciOiJIUzI1NiJ9"))
def look_at_token(data: bytes) -> None:
    """Without the signature of a key that we know nothing of it is believed."""
    token = data.decode("utf-8", "surrogateescape")
    assertion.unverified_subject(token)
    for algorithm in ("ES256", "RS256", "EdDSA", "none", "HS256"):
        with contextlib.suppress(Untrustworthy):
            keys().verify(token, algorithm, (None, "jwt"))
            assert data in tokens() or _is_same(data), "a signature fits what nobody signed"
    with contextlib.suppress(Untrustworthy):
        proof.verify(token)
    with contextlib.suppress(Untrustworthy):
        foreign_secret.verify(token, client().settings.client_secret, "HS256")  # type: ignore[arg-type]


def _is_same(data: bytes) -> bool:
    """ECDSA signs the same anew each time, and what follows the signature is no part of it."""
    return any(data.rpartition(b".")[0] == made.rpartition(b".")[0] for made in tokens())


@kept
def payloads() -> list[bytes]:
    right = signing.assertion("wiki", AUDIENCE, iat=NOW, exp=NOW + 60)
    return [orjson.dumps(right), orjson.dumps({**right, "aud": [AUDIENCE], "nbf": NOW, "act": {"sub": "x"}})]


@target(
    "signed-claims", payloads, (b'"jti":', b'"exp":', b'"aud":[', b'"\\ud800"', b"Infinity", b'"\\u0000"')
)
def look_at_signed(data: bytes) -> None:
    """What a client with a key says in what it signs, however odd: an assertion, or the proof of possession."""
    token = foreign_secret_token(data)
    assertion.unverified_subject(token)
    with contextlib.suppress(Untrustworthy):
        assertion.verify(client(), token, (AUDIENCE,), NOW)
    with contextlib.suppress(Untrustworthy):
        said = as_claims(data)
        if isinstance(jti := said.get("jti"), str):
            assertion.identifier("DPoP", "thumbprint", jti)


def foreign_secret_token(payload: bytes) -> str:
    """Signed by the secret that the client shares with us."""
    head = base64url.encode(b'{"alg":"HS256"}') + b"." + base64url.encode(payload)
    return (head + b"." + base64url.encode(hmac.digest(SECRET.encode(), head, hashlib.sha256))).decode()


@kept
def registrations() -> list[bytes]:
    native = {"redirect_uris": ["com.example.app:/cb"], "application_type": "native", "grant_types": None}
    whole = {
        "redirect_uris": ["https://app.example.com/cb"],
        "client_name": "App",
        "client_name#ja": "アプリ",
        "logo_uri": "https://app.example.com/logo.png",
        "contacts": ["desk@example.com"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": "openid offline_access",
        "token_endpoint_auth_method": "private_key_jwt",
        "jwks": signing.public(signing.EC),
        "subject_type": "pairwise",
        "id_token_signed_response_alg": "ES256",
        "default_max_age": 60,
        "post_logout_redirect_uris": ["https://app.example.com/bye"],
        "backchannel_logout_uri": "https://app.example.com/logout",
        "sector_identifier_uri": "https://app.example.com/sector",
    }
    return [orjson.dumps(native), orjson.dumps(whole), b'{"redirect_uris":["https://a.example/cb"]}']


@target(
    "registration", registrations, (b'"jwks":{"keys":[]}', b'"jwks_uri":"', b'"client_uri":"', b"[]", b"{}")
)
def look_at_registration(data: bytes) -> None:
    """What is registered can be stored, told, and registered again as it was told."""
    asked = _object(data)
    if asked is None:
        return
    try:
        registered = metadata.parse(asked, POLICY, ALGORITHMS)
    except RegistrationError as refused:
        orjson.dumps([refused.error, refused.description])
        return
    told = orjson.loads(orjson.dumps(registered))
    assert metadata.parse(told, POLICY, ALGORITHMS) == told


def _object(data: bytes) -> dict[str, Any] | None:
    with contextlib.suppress(ValueError):
        asked = orjson.loads(data)
        return asked if isinstance(asked, dict) else None
    return None


@target("jwks", published, (b'"kty":"OKP"', b'"e":"AQAB"'))
def look_at_keys(data: bytes) -> None:
    """What a client publishes."""
    published = _object(data)
    for read in (Keys, Keys.readable):
        with contextlib.suppress(ValueError):
            found = read(published or {})
            assert not found.holds(b"") and found.kids is not None


@cache
def our_key() -> tuple[SigningKey, str]:
    """A key of ours, and what it signed."""
    key = SigningKey.from_seed(b"s" * 32)
    return key, key.sign({"sub": "somebody", "aud": "wiki"})


@target("our-token", lambda: [our_key()[1].encode()], (b".", b"="))
def look_at_ours(data: bytes) -> None:
    """What comes back to us, a hint or an access token, is what we signed, in its one spelling."""
    key, made = our_key()
    token = data.decode("utf-8", "surrogateescape")
    with contextlib.suppress(InvalidToken):
        verify(token, lambda kid: key if kid == key.kid else None)
        assert token == made


@target("user-code", lambda: [b"BCDF-GHJK", "ｂｃｄｆ－ｇｈｊｋ".encode()], (b"-",))
def look_at_user_code(data: bytes) -> None:
    code = parse_code(data.decode("utf-8", "replace"))
    assert code is None or parse_code(code.reveal()) == code
