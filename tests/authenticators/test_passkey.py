"""Passkeys: every check of both ceremonies of WebAuthn, what is kept, and what a name without one is shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp.authenticators import Refused
from idp.authenticators.passkey import Passkey
from idp.authenticators.passkey.ceremony import Ceremony, Wrong, handle
from idp.authenticators.passkey.settings import PasskeySettings, fault
from keys import base64url
from keys.seal import Vault
from keys.secret import Secret
from storage.records import Credential, User
from tests.authenticators.person import NOW, TENANT, Person
from tests.passkey import MODEL, PRESENT, VERIFIED, SoftKey

# What an authenticator does with an answer does not depend on the database: one is enough here.
pytestmark = pytest.mark.parametrize("storage_url", ["sqlite"], indirect=True)

BASE_URL = "https://login.example.com:8443/acme"
ORIGIN = "https://login.example.com:8443"
CHALLENGE = b"c" * 32


def opened(vault: Vault, **section: Any) -> Passkey:
    return Passkey(PasskeySettings.model_validate(section).at(BASE_URL), vault)


@pytest.fixture
def passkey(vault: Vault) -> Passkey:
    return opened(vault)


@pytest.fixture
def key() -> SoftKey:
    return SoftKey(ORIGIN)


async def add(alice: Person, passkey: Passkey, key: SoftKey, name: str = "", **how: Any) -> Credential:
    """Registered and kept, or `Refused`."""
    async with alice.store.transaction(TENANT) as tx:
        options = await passkey.propose(tx, alice.user, CHALLENGE)
    made = passkey.accept(alice.user, CHALLENGE, Secret(key.create(options, **how)), name, NOW)
    await alice.keep(made)
    return made


async def ask(alice: Person, passkey: Passkey, name: str | None = None) -> dict[str, Any]:
    """What a name is asked for, alice's own by default."""
    user = alice.user if name is None else None
    async with alice.store.transaction(TENANT) as tx:
        return dict(await passkey.challenge_for(tx, user, name or alice.user.username, NOW))


async def proves(alice: Person, passkey: Passkey, key: SoftKey, user: User | None = None, **how: Any) -> bool:
    """Whether one login succeeds."""
    prompt = await ask(alice, passkey)
    return await alice.verify(passkey, key.get(prompt["options"], **how), prompt=prompt, user=user)


def ids(prompt: Mapping[str, Any]) -> list[str]:
    return [one["id"] for one in prompt["options"]["allowCredentials"]]


async def test_what_was_registered_proves_its_owner(alice: Person, passkey: Passkey, key: SoftKey) -> None:
    made = await add(alice, passkey, key, "work phone")
    prompt = await ask(alice, passkey)
    assert prompt["options"]["rpId"] == "login.example.com"
    assert prompt["options"]["userVerification"] == "required"
    assert [base64url.decode(one.encode()) for one in ids(prompt)] == list(key.held)
    assert prompt["options"]["allowCredentials"][0]["transports"] == ["nfc", "usb"]
    assert await alice.verify(passkey, key.get(prompt["options"]), prompt=prompt)
    (held,) = await alice.held(passkey)
    assert (held.id, held.name, held.last_used_at) == (made.id, "work phone", NOW)


async def test_several_prove_and_one_device_makes_no_second(
    alice: Person, passkey: Passkey, key: SoftKey
) -> None:
    other = SoftKey(ORIGIN, id_bytes=64)
    await add(alice, passkey, key)
    await add(alice, passkey, other)
    assert await proves(alice, passkey, key)
    assert await proves(alice, passkey, other)
    async with alice.store.transaction(TENANT) as tx:
        options = await passkey.propose(tx, alice.user, CHALLENGE)
    assert len(options["excludeCredentials"]) == 2


@pytest.mark.parametrize(
    "how",
    [
        {"origin": "https://login.example.com"},
        {"origin": "https://evil.login.example.com:8443"},
        {"origin": "https://evil.example"},
        {"origin": "http://login.example.com:8443"},
        {"rp_id": "evil.example"},
        {"challenge": base64url.encode(b"d" * 32).decode()},
        {"type": "webauthn.create"},
        {"crossOrigin": True},
    ],
    ids=str,
)
async def test_what_another_page_got_is_refused(
    alice: Person, passkey: Passkey, key: SoftKey, how: dict[str, Any]
) -> None:
    """THREAT_MODEL.md 23: origin and relying party come from the configuration only; the challenge is our own."""
    await add(alice, passkey, key)
    assert not await proves(alice, passkey, key, **how)
    assert await proves(alice, passkey, key)


@pytest.mark.parametrize(
    "how", [{"origin": "https://evil.example"}, {"type": "webauthn.get"}, {"crossOrigin": True}]
)
async def test_a_registration_from_another_page_is_refused(
    alice: Person, passkey: Passkey, key: SoftKey, how: dict[str, Any]
) -> None:
    with pytest.raises(Refused):
        await add(alice, passkey, key, **how)


async def test_an_answer_to_another_challenge_is_refused(
    alice: Person, passkey: Passkey, key: SoftKey
) -> None:
    """A replayed assertion: each prompt has a challenge of its own."""
    await add(alice, passkey, key)
    prompt = await ask(alice, passkey)
    replayed = key.get(prompt["options"])
    assert await alice.verify(passkey, replayed, prompt=prompt)
    assert not await alice.verify(passkey, replayed, prompt=await ask(alice, passkey))


@pytest.mark.parametrize(("verification", "flags", "right"), [
    ("required", PRESENT | VERIFIED, True), ("required", PRESENT, False), ("required", VERIFIED, False),
    ("preferred", PRESENT, True), ("discouraged", PRESENT, True), ("preferred", 0, False),
])  # fmt: skip
async def test_who_unlocks_it_and_who_touches_it(
    alice: Person, vault: Vault, verification: str, flags: int, right: bool
) -> None:
    passkey, key = opened(vault, user_verification=verification), SoftKey(ORIGIN)
    await add(alice, passkey, key)
    key.flags = flags
    assert await proves(alice, passkey, key) is right
    if not right:
        with pytest.raises(Refused):
            await add(alice, passkey, key)


async def test_a_counter_that_does_not_rise_is_a_copy(alice: Person, passkey: Passkey, key: SoftKey) -> None:
    """A cloned authenticator: the one that is behind proves nothing, nor does one that stopped counting."""
    key.counter = 7
    await add(alice, passkey, key)
    clone = SoftKey(ORIGIN, counter=7, held=key.held)
    assert await proves(alice, passkey, key)
    assert await proves(alice, passkey, key)
    assert not await proves(alice, passkey, clone)
    clone.counter = 0
    assert not await proves(alice, passkey, clone)
    assert await proves(alice, passkey, key)


async def test_one_that_does_not_count_is_believed_each_time(
    alice: Person, passkey: Passkey, key: SoftKey
) -> None:
    await add(alice, passkey, key)
    assert [await proves(alice, passkey, key) for _ in range(2)] == [True, True]


async def test_it_proves_nobody_else(alice: Person, mallory: Person, passkey: Passkey, key: SoftKey) -> None:
    await add(alice, passkey, key)
    await add(mallory, passkey, SoftKey(ORIGIN))
    assert not await proves(alice, passkey, key, user=mallory.user)
    prompt = await ask(alice, passkey)
    assert not await alice.verify(passkey, key.get(prompt["options"]), prompt=prompt, unknown=True)
    anybody = passkey.challenge_anybody()
    assert not await alice.verify(
        passkey, key.get(anybody["options"]), prompt=dict(anybody), user=mallory.user
    )
    assert await alice.verify(passkey, key.get(anybody["options"]), prompt=dict(anybody))


async def test_one_that_was_removed_proves_nothing(alice: Person, passkey: Passkey, key: SoftKey) -> None:
    """Neither in a login that begins afterwards nor in one that was open."""
    made = await add(alice, passkey, key)
    await add(alice, passkey, SoftKey(ORIGIN))
    prompt = await ask(alice, passkey)
    async with alice.store.transaction(TENANT) as tx:
        assert await tx.credentials.delete_one(made.id)
    assert not await alice.verify(passkey, key.get(prompt["options"]), prompt=prompt)
    assert len(ids(await ask(alice, passkey))) == 1


async def test_a_row_that_was_moved_or_copied_opens_nothing(
    alice: Person, mallory: Person, passkey: Passkey, key: SoftKey
) -> None:
    """THREAT_MODEL.md 30: a row copied to another user does not open, and nothing of a passkey is stored openly."""
    made = await add(mallory, passkey, key)
    (key_id,) = key.held
    assert key_id not in made.sealed
    assert key_id.hex() not in repr(made)
    stolen = Credential(made.id, alice.user.id, made.authenticator, made.sealed, NOW, NOW)
    async with alice.store.transaction(TENANT) as tx:
        assert await tx.credentials.replace(stolen)
    assert await alice.held(passkey)
    prompt = dict(passkey.challenge_anybody())
    assert not await alice.verify(passkey, key.get(prompt["options"]), prompt=prompt)


async def test_nobody_gives_another_a_passkey(alice: Person, passkey: Passkey) -> None:
    with pytest.raises(Refused, match="its owner"):
        await alice.enrol(passkey)


# Names without a passkey


async def test_a_name_without_a_passkey_is_shown_ids_that_stay(
    alice: Person, mallory: Person, passkey: Passkey
) -> None:
    """THREAT_MODEL.md 20: Unknown and factor-less users are shown what a real user is, always the same."""
    for length in (32, 64):
        await add(alice, passkey, SoftKey(ORIGIN, id_bytes=length))
    real = await ask(alice, passkey)
    for name in ("nobody", "somebody else", "no\0body\ud800"):
        shown = [await ask(alice, passkey, name) for _ in range(2)]
        assert ids(shown[0]) == ids(shown[1])
        assert shown[0]["challenge"] != shown[1]["challenge"]
        assert _shape(shown[0]) == _shape(real)
        assert not set(ids(shown[0])) & set(ids(real))
    async with alice.store.transaction(TENANT) as tx:
        lacking = dict(await passkey.challenge_for(tx, mallory.user, "mallory", NOW))
    assert _shape(lacking) == _shape(real)
    assert ids(lacking) == ids(await ask(alice, passkey, "mallory")), "as if nobody had the name"
    assert len({*ids(await ask(alice, passkey, "a")), *ids(await ask(alice, passkey, "b"))}) == 4


async def test_where_nobody_has_a_passkey_all_are_shown_one(alice: Person, passkey: Passkey) -> None:
    assert len(ids(await ask(alice, passkey))) == len(ids(await ask(alice, passkey, "nobody"))) == 1


def _shape(prompt: Mapping[str, Any]) -> Any:
    listed = prompt["options"]["allowCredentials"]
    rest = {
        name: value
        for name, value in prompt["options"].items()
        if name not in ("challenge", "allowCredentials")
    }
    return rest, [(len(one.pop("id")), one) for one in json.loads(json.dumps(listed))]


async def test_a_wrong_signature_costs_the_same(
    alice: Person, mallory: Person, passkey: Passkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """THREAT_MODEL.md 20: Unknown, factor-less and real users: one signature is verified for each of them."""
    await add(alice, passkey, SoftKey(ORIGIN))
    verified: list[bytes] = []
    real = ES256.verify
    monkeypatch.setattr(
        ES256,
        "verify",
        lambda self, message, signature: verified.append(message) or real(self, message, signature),
    )
    people: dict[str, User | None] = {"real": alice.user, "without": mallory.user, "unknown": None}
    forger = SoftKey(ORIGIN)
    async with alice.store.transaction(TENANT) as tx:
        for number, (who, user) in enumerate(people.items(), 1):
            prompt = await passkey.challenge_for(tx, user, who, NOW)
            key_id = base64url.decode(ids(prompt)[0].encode())
            forger.held = {key_id: (ec.generate_private_key(ec.SECP256R1()), who.encode())}
            answer = Secret(forger.get(prompt["options"]))
            assert not await passkey.verify(tx, user, prompt, answer, NOW)
            assert len(verified) == number


# Models


class Maker:
    """A maker of authenticators, with a root certificate in PEM form, and how its models attest (WebAuthn §8.2)."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Maker Root")])
        root = _issued(self._name, self._name, self._key.public_key(), self._key, ca=True)
        self.root = root.public_bytes(serialization.Encoding.PEM).decode()

    def attest(self, model: bytes = MODEL) -> Any:
        key = ec.generate_private_key(ec.SECP256R1())
        names = [
            (x509.NameOID.COUNTRY_NAME, "SE"),
            (x509.NameOID.ORGANIZATION_NAME, "Maker"),
            (x509.NameOID.ORGANIZATIONAL_UNIT_NAME, "Authenticator Attestation"),
            (x509.NameOID.COMMON_NAME, "Maker Key"),
        ]
        name = x509.Name([x509.NameAttribute(oid, value) for oid, value in names])
        leaf = _issued(name, self._name, key.public_key(), self._key, ca=False, model=model)

        def statement(signed: bytes, _: Any) -> tuple[str, dict[str, Any]]:
            signature = key.sign(signed, ec.ECDSA(hashes.SHA256()))
            return "packed", {
                "alg": -7,
                "sig": signature,
                "x5c": [leaf.public_bytes(serialization.Encoding.DER)],
            }

        return statement


def _issued(
    subject: x509.Name, issuer: x509.Name, public: Any, by: Any, *, ca: bool, model: bytes | None = None
) -> x509.Certificate:
    begins = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number())
    builder = builder.not_valid_before(begins).not_valid_after(begins + timedelta(days=9000))
    builder = builder.add_extension(x509.BasicConstraints(ca, None), critical=True)
    if model is not None:
        oid = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
        builder = builder.add_extension(x509.UnrecognizedExtension(oid, b"\x04\x10" + model), critical=False)
    return builder.sign(by, hashes.SHA256())


def itself(signed: bytes, private: ec.EllipticCurvePrivateKey) -> tuple[str, dict[str, Any]]:
    """Self attestation: says nothing of a model that anybody vouches for."""
    return "packed", {"alg": -7, "sig": private.sign(signed, ec.ECDSA(hashes.SHA256()))}


def attesting(root: str, *models: str) -> dict[str, Any]:
    return {"attestation": {"mode": "direct", "aaguids": models, "roots": root}}


async def test_only_models_that_were_named_are_taken(alice: Person, vault: Vault) -> None:
    """By their maker's word: not by their own, nor by another's."""
    maker, other = Maker(), Maker()
    passkey, key = opened(vault, **attesting(maker.root, MODEL.hex())), SoftKey(ORIGIN)
    await add(alice, passkey, key, statement=maker.attest())
    assert passkey.amr == ("hwk", "user")
    assert await proves(alice, passkey, key)
    for refused in (None, itself, other.attest(), maker.attest(bytes(16))):
        with pytest.raises(Refused):
            await add(alice, passkey, SoftKey(ORIGIN), statement=refused)
    unnamed = b"u" * 16
    with pytest.raises(Refused):
        await add(alice, passkey, SoftKey(ORIGIN, model=unnamed), statement=maker.attest(unnamed))
    both = opened(vault, **attesting(f"{other.root}\nThe next:\n{maker.root}", MODEL.hex()))
    await add(alice, both, SoftKey(ORIGIN), statement=maker.attest())


async def test_a_model_that_is_named_no_more_proves_nothing(alice: Person, vault: Vault) -> None:
    maker = Maker()
    key, unattested = SoftKey(ORIGIN), SoftKey(ORIGIN)
    strict = opened(vault, **attesting(maker.root, MODEL.hex()))
    await add(alice, strict, key, statement=maker.attest())
    await add(alice, opened(vault), unattested)
    assert await proves(alice, strict, key)
    assert not await proves(alice, strict, unattested), "added before models were asked for"
    without = opened(vault, **attesting(maker.root, "f" * 32))
    assert not await proves(alice, without, key)


# What comes from outside


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_answer_breaks_it(vault: Vault, storage_url: str, data: st.DataObject) -> None:
    """Every text is an answer that proves nothing, however it is cut, bent or nested."""
    passkey = opened(vault)
    key = SoftKey(ORIGIN)
    options = {
        "challenge": base64url.encode(CHALLENGE).decode(),
        "rpId": "x",
        "user": {"id": "YQ"},
        "rp": {"id": "x"},
    }
    whole = json.loads(data.draw(st.sampled_from([key.create(options), key.get(options)])))
    where = data.draw(st.sampled_from([*whole, *(f"response.{name}" for name in whole["response"])]))
    junk = st.text(max_size=50) | st.integers() | st.none() | st.lists(st.integers(), max_size=3)
    deep = st.sampled_from([base64url.encode(b"\x81" * 9000).decode(), "A" * 9000])
    inside, _, name = where.rpartition(".")
    (whole["response"] if inside else whole)[name] = data.draw(junk | deep)
    text = data.draw(st.sampled_from([json.dumps(whole), "[" * 5000, "null", "\ud800", "x" * 40000, ""]))
    with pytest.raises(Refused):
        passkey.accept(User("a", "a", NOW), CHALLENGE, Secret(text), "", NOW)
    with pytest.raises(Wrong):
        Ceremony(passkey.settings).asserted(CHALLENGE, [], text)
    assert isinstance(handle(text), str)


# Settings


@pytest.mark.parametrize(
    ("base_url", "rp_id", "key"),
    [
        ("https://192.0.2.1", None, "base_url"),
        ("https://[2001:db8::1]:8443", None, "base_url"),
        ("https://login.example.com", "example.org", "rp_id"),
        ("https://login.example.com", "com", "rp_id"),
        ("https://login.example.com", "ogin.example.com", "rp_id"),
        ("https://login.example.com", "example.com", None),
        ("https://login.example.com/acme", None, None),
        ("http://localhost:8080", None, None),
    ],
)
def test_a_passkey_is_bound_to_a_name(
    storage_url: str, base_url: str, rp_id: str | None, key: str | None
) -> None:
    found = fault(PasskeySettings(rp_id=rp_id).at(base_url))
    assert (found and found[0]) == key


@pytest.mark.parametrize(
    "section",
    [
        {"mode": "direct"},
        {"mode": "direct", "aaguids": [MODEL.hex()]},
        {"mode": "direct", "aaguids": [MODEL.hex()], "roots": "no certificate"},
        {"aaguids": [MODEL.hex()]},
    ],
    ids=str,
)
def test_attestation_is_asked_for_wholly(storage_url: str, section: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"aaguids|roots|mode"):
        PasskeySettings.model_validate({"attestation": section})


def test_what_it_proves(storage_url: str, vault: Vault) -> None:
    """RFC 8176 §2; a device that is unlocked first is two factors by itself."""
    assert opened(vault).amr == ("swk", "user")
    assert opened(vault).is_multiple
    assert not opened(vault, user_verification="preferred").is_multiple
    assert opened(vault).settings.origin == ORIGIN
