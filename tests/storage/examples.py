"""Records with every field filled, so that a column that is forgotten is seen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from storage import Storage, Transaction
from storage.authorization import Consent
from storage.certified import CertifiedKeyRecord
from storage.deliveries import Delivery
from storage.devices import DeviceGrant
from storage.exchange import ExchangedToken
from storage.keyring import DataKey, SigningKeyRecord
from storage.mails import Mail, ResetLink
from storage.participants import Artifact, Participant
from storage.records import (
    AuditRecord,
    AuthorizationRequest,
    Credential,
    Grant,
    Interaction,
    Proof,
    Session,
    Token,
    User,
)
from storage.registration import InitialToken, RegisteredClient
from storage.releases import Release, ReleaseKey
from storage.service_metadata import PublishedMetadata

NOW = 1_800_000_000
LATER = NOW + 600
PROOFS = (Proof("password", ("pwd",), NOW - 5), Proof("matrix", ("otp", "kba"), NOW))

USER = User(
    id="u1",
    username="alice",
    created_at=NOW,
    domain="local",
    display_name="有栖 100% :name",
    email="alice@example.jp",
    groups=frozenset({"staff", "管理"}),
    attributes='{"employee": 7, "nested": {"a": [1, null]}}',
    disabled_at=NOW + 1,
    changed_at=NOW + 2,
)
CREDENTIAL = Credential("c1", "u1", "totp", b"\x00\xff'\\sealed", NOW, NOW + 1, NOW + 2, counter=41, drift=-1)
INTERACTION = Interaction(
    id="i1",
    browser_hash=b"browser",
    door="oidc",
    service="mail",
    request={"client_id": "mail", "state": "100% sure :it's; --\\"},
    created_at=NOW,
    expires_at=LATER,
    step="s2",
    username="alice",
    user_id="u1",
    chain=("password", "matrix"),
    proofs=PROOFS,
    prompt={"table": "0123456789"},
    release_id="r1",
    rule="staff",
)
SESSION = Session(
    id_hash=b"\x01" * 32,
    sid="sid1",
    user_id="u1",
    browser_hash=b"browser",
    proofs=PROOFS,
    acr="urn:masugata:acr:multi",
    created_at=NOW,
    seen_at=NOW + 1,
    expires_at=LATER,
    address="192.0.2.1",
    user_agent="Mozilla/5.0",
)
GRANT = Grant(
    id="g1",
    service="mail",
    client_id="mail-client",
    user_id="u1",
    sid="sid1",
    scope=("openid", "offline_access"),
    request={"nonce": "n"},
    auth_time=NOW - 3,
    acr="urn:masugata:acr:single",
    amr=("pwd", "otp"),
    created_at=NOW,
    code_hash=b"\x02" * 32,
    code_expires_at=NOW + 60,
)
WAITING = AuthorizationRequest(
    id_hash=b"\x05" * 32,
    kind="consent",
    client_id="mail-client",
    request={"scope": "openid", "claims": {"userinfo": {"email": None}}},
    created_at=NOW,
    expires_at=LATER,
    sid="sid1",
    browser_hash=b"browser",
)
CONSENT = Consent("u1", "mail", ("openid", "profile"), NOW, {"ja": "名前 100% :name"})
ACCESS = Token(
    b"\x03" * 32,
    "access",
    "g1",
    ("openid",),
    NOW,
    LATER,
    audience=("https://api.example.com",),
    jkt="thumbprint",
    certificate="x5t",
)
REFRESH = Token(b"\x04" * 32, "refresh", "g1", ("openid", "offline_access"), NOW, LATER)
DEVICE = DeviceGrant(
    device_hash=b"\x09" * 32,
    user_code_hash=b"\x0a" * 32,
    client_id="tv",
    request={"client_id": "tv", "scope": "openid 100% :name"},
    interval_seconds=5,
    created_at=NOW,
    expires_at=LATER,
)
EXCHANGED = ExchangedToken(
    token_hash=b"\x0b" * 32,
    subject_hash=ACCESS.token_hash,
    service="backend",
    client_id="backend-1",
    scope=("openid",),
    audience=("https://api.example.com",),
    jkt="thumbprint",
    act={"sub": "backend-1", "act": {"sub": "u2"}},
    created_at=NOW,
    expires_at=LATER - 1,
    certificate="x5t",
)
DELIVERY = Delivery("d1", "oidc", "mail", "u1", "sid1", NOW, NOW + 5, 1, "answered 500", "c1")
MAIL = Mail(
    id="m1",
    kind="reset",
    user_id="u1",
    locale="ja",
    sealed=b"\x00'\\sealed",
    created_at=NOW,
    due_at=NOW + 5,
    last_at=NOW + 60,
    expires_at=LATER,
    attempts=1,
    failure="the server answered 451 100% :later",
    dead_at=None,
)
RELEASE_KEY = ReleaseKey("k1", "u1", "c1", b"\x00'\\sealed", NOW)
RELEASE = Release("u1", "r1", "k1", NOW, LATER)
RESET_LINK = ResetLink(b"\x0d" * 32, "u1", NOW, LATER)
SIGNING_KEY = SigningKeyRecord("k1", "ES256", "next", b"sealed", {"kty": "EC", "crv": "P-256"}, NOW, NOW + 1)
DATA_KEY = DataKey(1, b"wrapped", NOW)
AUDIT = AuditRecord(
    id="0001",
    at=NOW,
    event="login.accepted",
    user_id="u1",
    service="mail",
    address="192.0.2.1",
    request_id="r1",
    reference="KX7P",
    details={"amr": ["pwd"]},
)

REGISTERED_CLIENT = RegisteredClient(
    id="r1",
    metadata={"client_name": "名前 100% :name", "redirect_uris": ["https://rp.example.com/cb?a='b"]},
    secret_hash=b"\x05" * 32,
    token_hash=b"\x06" * 32,
    created_at=NOW,
    changed_at=NOW + 1,
)
INITIAL_TOKEN = InitialToken("t1", b"\x08" * 32, "for the wiki's 引っ越し", 2, NOW, LATER)

PUBLISHED = PublishedMetadata(
    service="wiki",
    source="https://wiki.example.com/metadata",
    entity_id="https://wiki.example.com/sp",
    document="<wiki>引っ越し</wiki>".encode(),
    digest="d1",
    valid_until=LATER + 1,
    accepted_at=NOW,
    pending=b"\x00'\\<pending/>",
    pending_digest="d2",
    pending_valid_until=LATER + 2,
    pending_at=NOW + 1,
    fetched_at=NOW + 2,
    due_at=NOW + 3,
    failure="answered 500",
    ends_at=LATER,
    ending="signing certificate",
    told_days=30,
)


def user(number: int, **changes: Any) -> User:
    return replace(USER, **{"id": f"u{number}", "username": f"user{number}", **changes})


async def add_login(tx: Transaction) -> None:
    """A user with everything that one login leaves."""
    await tx.users.add(USER)
    await tx.credentials.add(CREDENTIAL)
    await tx.sessions.add(SESSION)
    await tx.grants.add(GRANT)
    await tx.tokens.add(ACCESS)
    await tx.tokens.add(REFRESH)


async def add_user(store: Storage, number: int) -> None:
    """A small transaction."""
    async with store.transaction("acme") as tx:
        await tx.users.add(user(number))


async def user_names(store: Storage) -> set[str]:
    """What is committed."""
    async with store.snapshot("acme") as tx:
        return {u.username for u in await tx.users.list(limit=10_000)}


CERTIFIED_KEY = CertifiedKeyRecord("c1", "signing", "rsa", "next", b"\0sealed", b"\0der", NOW, NOW + 1)

PARTICIPANT = Participant(
    session_index="s1",
    sid="sid1",
    service="wiki",
    client_id="https://wiki.example.com/sp?a='b",
    name_hash=b"\x09" * 32,
    sealed=b"\0sealed name",
    expires_at=LATER,
)
ARTIFACT = Artifact(b"\x0b" * 32, "https://wiki.example.com/sp", b"\0sealed message", LATER)
