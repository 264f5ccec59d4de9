"""pyop does what we rely on, and not what we overrode: these break when a new pyop changes under us."""

from __future__ import annotations

import dataclasses
import inspect
import logging
import re
from pathlib import Path
from typing import Any

import pytest
from pyop.authz_state import AuthorizationState
from pyop.provider import Provider

from idp.tenant import Service
from keys.jws import SigningKey
from keys.ring import KeyRing
from keys.secret import Secret
from protocols.oidc import clients, ledger, provider
from protocols.oidc.authorization import accept
from protocols.oidc.errors import AuthorizationError, TokenError
from protocols.oidc.ledger import Ledger
from protocols.oidc.settings import ServiceSettings, TenantSettings
from storage.records import Grant, User

NOW = 1_800_000_000
REDIRECT_URI = "https://rp.example.com/cb"
REQUEST = {
    "client_id": "wiki",
    "redirect_uri": REDIRECT_URI,
    "response_type": "code",
    "scope": "openid email offline_access",
    "nonce": "n",
    "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "code_challenge_method": "S256",
}
FORM = {
    "grant_type": "authorization_code",
    "redirect_uri": REDIRECT_URI,
    "code_verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
}
ATTRIBUTES = '{"sub": "evil", "email_verified": true}'
USER = User("u-1", "alice", NOW, email="alice@example.com", attributes=ATTRIBUTES)
RING = KeyRing(active=(SigningKey.generate("ES256"),))


@pytest.fixture
def book() -> Ledger:
    settings = ServiceSettings(
        client_id="wiki",
        client_secret=Secret("s"),
        redirect_uris=(REDIRECT_URI,),
        scopes=("openid", "email", "offline_access"),
        id_token_signed_response_alg="ES256",
    )
    client = clients.new(Service("wiki", {"en": "Wiki"}, {}), settings, TenantSettings())
    request = accept(REQUEST, client)
    scope = tuple(request["scope"].split())
    grant = Grant("g", "wiki", "wiki", USER.id, "sid", scope, request, NOW - 5, "acr", ("kba",), NOW)
    return Ledger("https://op.example.com", client, USER, grant, NOW, 600, RING)


@pytest.mark.parametrize(
    ("ours", "theirs"), [(provider._Provider, Provider), (ledger.State, AuthorizationState)]
)
def test_what_we_override_is_there_to_be_overridden(ours: type, theirs: type) -> None:
    """libraries.md §2: private methods are overridden, so pyop is pinned and this is its contract."""
    for name, value in vars(ours).items():
        if inspect.isfunction(value) and name not in ("__init__", "opened"):
            assert callable(getattr(theirs, name)), name


def test_a_code_and_tokens_have_256_bits_of_our_own(book: Ledger) -> None:
    """RFC 6749 §10.10: pyop would take 122 bits of a UUID."""
    code = provider.authorize(book)["code"]
    provider.redeem(book, FORM)
    made = [issued.token.reveal() for issued in book.issued]
    assert [issued.kind for issued in book.issued] == ["code", "access", "refresh"]
    assert code == made[0]
    assert all(len(token) == 43 for token in made)
    assert len(set(made)) == 3


def test_time_and_proof_are_ours(book: Ledger) -> None:
    """No clock is read below the application."""
    past = dataclasses.replace(book, now=1000)
    said = RING.verify(provider.redeem(past, FORM)["id_token"])
    assert (said["iat"], said["exp"], said["auth_time"]) == (1000, 1600, NOW - 5)
    assert (said["acr"], said["amr"]) == ("acr", ["kba"])


def test_attributes_never_say_what_the_server_says(book: Ledger) -> None:
    said = provider.userinfo(book)
    assert said == {"sub": "u-1", "email": "alice@example.com", "email_verified": True}


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "https://rp.example.com/cb/"},
        {"code_verifier": "x" * 43},
        {"code_verifier": "é" * 43},
        {"code_verifier": None},
    ],
)
def test_an_exchange_that_does_not_fit_is_an_invalid_grant(book: Ledger, changed: dict[str, Any]) -> None:
    """libraries.md §2 fault 7."""
    form = {name: value for name, value in (FORM | changed).items() if value is not None}
    with pytest.raises(TokenError) as refused:
        provider.redeem(book, form)
    assert refused.value.error == "invalid_grant"
    assert not book.issued


def test_no_library_logs_a_token(book: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    """THREAT_MODEL.md 33: no log line at any level holds a code or token. libraries.md §2 fault 11."""
    with caplog.at_level(logging.DEBUG):
        provider.authorize(book)
        response = provider.redeem(book, FORM)
        provider.userinfo(book)
    for issued in book.issued:
        assert issued.token.reveal() not in caplog.text
    assert response["id_token"] not in caplog.text


def test_a_fault_that_only_the_message_class_sees_is_a_bad_request() -> None:
    with pytest.raises(AuthorizationError) as refused:
        provider.verify({**REQUEST, "redirect_uri": ["a", "b"]})
    assert refused.value.error == "invalid_request"


def test_nothing_is_signed_without_a_key_of_ours(book: Ledger) -> None:
    """libraries.md §2 fault 5: the library's own signer draws predictable nonces and must never be
    reached.
    """
    with pytest.raises(LookupError):
        provider.redeem(dataclasses.replace(book, ring=KeyRing()), FORM)


def test_the_libraries_stay_in_their_two_files() -> None:
    """pyop and oic behind ledger and provider, and the signer beneath them nowhere."""
    room = Path(provider.__file__).parent
    for path in room.rglob("*.py"):
        imported = set(re.findall(r"^(?:from|import) (\w+)", path.read_text(), re.MULTILINE))
        assert "jwkest" not in imported
        if imported & {"pyop", "oic"}:
            assert path.name in ("ledger.py", "provider.py")
