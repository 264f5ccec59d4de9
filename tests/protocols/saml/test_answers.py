"""What we send, judged by others: the schemas, the xmlsec1 program, and pysaml2's own client."""

from __future__ import annotations

import base64
import subprocess
import time
import warnings
from pathlib import Path
from typing import Any

import pytest

from idp.custody.certification import CertifiedRing
from keys.certified_key import CertifiedKey
from keys.xml_encryption import AES128_GCM, OAEP, OAEP_MGF1P, SHA1, SHA256, Undecipherable, decrypt, unwrap
from keys.xml_signature import ECDSA_SHA256, RSA_SHA256
from protocols.saml.assertion import Envelope, encryption_certificate, failure, success
from protocols.saml.attributes import Attribute, texts
from protocols.saml.encryption import encrypt, open_encrypted
from protocols.saml.entity import Party
from protocols.saml.errors import SAMLError
from protocols.saml.message import Statement
from protocols.saml.metadata.description import describe
from protocols.saml.name_id import NameID
from protocols.saml.names import ASSERTION, BASIC, NO_PASSIVE, PERSISTENT, PROTOCOL, RESPONDER, URI
from protocols.saml.settings import ServiceSettings
from protocols.saml.xml import parse
from tests.service_provider import Provider

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pysaml2 imports a cipher that cryptography has moved
    import saml2.xml.schema
    from saml2 import BINDING_HTTP_POST
    from saml2.client import Saml2Client
    from saml2.config import SPConfig

NOW = int(time.time())
ISSUER = "https://idp.example.com/saml/metadata"
KEYS = {method: CertifiedKey.generate(method, "idp", NOW) for method in (RSA_SHA256, ECDSA_SHA256)}
DECRYPTION = CertifiedKey.generate(RSA_SHA256, "sp", NOW)
RING = CertifiedRing(signing=tuple(KEYS.values()))
PROVIDER = Provider("wiki", decryption=DECRYPTION)
SAID = Statement(
    id="_assertion",
    issuer=ISSUER,
    audience=PROVIDER.entity_id,
    recipient=PROVIDER.acs,
    in_response_to="_request",
    name_id=NameID("name & <more>", PERSISTENT, ISSUER, PROVIDER.entity_id),
    attributes=(
        Attribute("mail", BASIC, None, ("a@example.com", "<b>&c")),
        Attribute("urn:oid:2.5.4.42", URI, "givenName", ("有栖",)),
    ),
    context_class="urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
    session_index="index",
    issued_at=NOW,
    begins_at=NOW - 60,
    ends_at=NOW + 3000,  # the tests may take a while
    authenticated_at=NOW - 5,
    session_ends_at=NOW + 3600,
)
ENVELOPE = Envelope(ISSUER, PROVIDER.acs, "_request", NOW)
SHAPES: dict[str, dict[str, Any]] = {
    "both": {},
    "response": {"sign": ["response"]},
    "assertion": {"sign": ["assertion"]},
    "ecdsa": {"signature_algorithm": "ECDSA-SHA256"},
    "encrypted": {"encrypt": True},
    "name encrypted": {"encrypt_name_id": True, "encryption_algorithm": "AES128-GCM"},
    "all": {"encrypt": True, "encrypt_name_id": True, "signature_algorithm": "ECDSA-SHA256"},
}


@pytest.fixture
def party(tmp_path: Path, shape: str) -> Party:
    file = tmp_path / "wiki.xml"
    file.write_text(PROVIDER.metadata().replace('WantAssertionsSigned="true"', ""))
    settings = ServiceSettings.model_validate({"metadata": str(file), **SHAPES[shape]})
    return Party("wiki", settings, describe(file.read_bytes()).provider)


def run(*words: str | Path) -> str:
    done = subprocess.run(
        ["xmlsec1", *map(str, words)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def verify(tmp_path: Path, message: bytes, certificate: bytes, *names: str) -> None:
    """By the xmlsec1 program: the signature of the outermost element of each name."""
    (tmp_path / "message.xml").write_bytes(message)
    (tmp_path / "certificate.der").write_bytes(certificate)
    ids = [
        word for name in (f"{PROTOCOL}:Response", f"{ASSERTION}:Assertion") for word in ("--id-attr:ID", name)
    ]
    for name in names:
        path = f"//*[local-name()='{name}']/*[local-name()='Signature']"
        run("--verify", "--enabled-key-data", "raw-x509-cert", "--pubkey-cert-der", tmp_path / "certificate.der",
            *ids, "--node-xpath", path, tmp_path / "message.xml")  # fmt: skip


def decrypted(tmp_path: Path, message: bytes) -> bytes:
    """By the xmlsec1 program, one layer."""
    (tmp_path / "message.xml").write_bytes(message)
    (tmp_path / "key.der").write_bytes(DECRYPTION.dump())
    out = tmp_path / "out.xml"
    run("--decrypt", "--privkey-der", tmp_path / "key.der", "--output", out, tmp_path / "message.xml")
    return out.read_bytes()


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_answer_is_valid_and_verifies(tmp_path: Path, party: Party, shape: str) -> None:
    """By the schemas of the standard and the xmlsec1 program; saml-core-2.0 §5.4, XML Encryption 1.1."""
    message = success(ENVELOPE, party, RING, SAID, encryption_certificate(party))
    saml2.xml.schema.validate(message.decode())
    settings = party.settings
    key = RING.signer(ECDSA_SHA256 if "ECDSA" in settings.signature_algorithm else RSA_SHA256)
    if "response" in settings.sign:
        verify(tmp_path, message, key.certificate, "Response")
    hidden = [value for value, is_hidden in ((b"name &amp;", settings.encrypt or settings.encrypt_name_id),
                                             (b"a@example.com", settings.encrypt)) if is_hidden]  # fmt: skip
    assert not [value for value in hidden if value in message]
    if settings.encrypt:
        message = decrypted(tmp_path, message)
    if "assertion" in settings.sign:
        verify(tmp_path, message, key.certificate, "Assertion")
    if settings.encrypt_name_id:
        message = decrypted(tmp_path, message)
    said = list(parse(message).itertext())
    assert {"name & <more>", "a@example.com", "<b>&c", "有栖"} <= set(said)


@pytest.mark.parametrize("shape", ["both"])
def test_a_status_is_valid_and_verifies(tmp_path: Path, party: Party) -> None:
    message = failure(ENVELOPE, party, RING, SAMLError(RESPONDER, NO_PASSIVE, "a < b"))
    saml2.xml.schema.validate(message.decode())
    verify(tmp_path, message, KEYS[RSA_SHA256].certificate, "Response")
    assert NO_PASSIVE.encode() in message


@pytest.mark.parametrize("shape", ["both", "all"])
def test_pysaml2_s_client_takes_the_answer(tmp_path: Path, party: Party, shape: str) -> None:
    key = RING.signer(ECDSA_SHA256 if shape == "all" else RSA_SHA256)
    client = _client(tmp_path, key)
    message = success(ENVELOPE, party, RING, SAID, encryption_certificate(party))
    answer = client.parse_authn_request_response(
        base64.b64encode(message).decode(), BINDING_HTTP_POST, outstanding={"_request": "/"}
    )
    assert answer.ava["mail"] == ["a@example.com", "<b>&c"]
    assert answer.session_info()["session_index"] == "index"


def _client(tmp_path: Path, key: CertifiedKey) -> Any:
    pem = tmp_path / "sp.pem"
    private = base64.encodebytes(DECRYPTION.dump()).decode()
    pem.write_text(f"-----BEGIN PRIVATE KEY-----\n{private}-----END PRIVATE KEY-----\n")
    certificate = tmp_path / "sp.crt"
    public = base64.encodebytes(DECRYPTION.certificate).decode()
    certificate.write_text(f"-----BEGIN CERTIFICATE-----\n{public}-----END CERTIFICATE-----\n")
    ours = (
        '<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" '
        f'xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="{ISSUER}"><md:IDPSSODescriptor '
        f'protocolSupportEnumeration="{PROTOCOL}"><md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data>'
        f"<ds:X509Certificate>{base64.b64encode(key.certificate).decode()}</ds:X509Certificate></ds:X509Data>"
        '</ds:KeyInfo></md:KeyDescriptor><md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:'
        'HTTP-Redirect" Location="https://idp.example.com/saml/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>'
    )
    keys = {"key_file": str(pem), "cert_file": str(certificate)}
    config = SPConfig().load(
        {
            **keys,
            "entityid": PROVIDER.entity_id,
            "encryption_keypairs": [keys],
            "xmlsec_binary": "/usr/bin/xmlsec1",
            "metadata": {"inline": [ours]},
            "allow_unknown_attributes": True,
            "service": {
                "sp": {
                    "endpoints": {"assertion_consumer_service": [(PROVIDER.acs, BINDING_HTTP_POST)]},
                    "want_response_signed": True,
                    "want_assertions_signed": True,
                }
            },
        }
    )
    return Saml2Client(config=config)


def test_what_others_encrypt_for_us_opens_and_what_is_altered_does_not() -> None:
    """Only authenticated encryption, and only for a key of ours."""
    plain = parse(f'<saml:NameID xmlns:saml="{ASSERTION}">alice</saml:NameID>'.encode())
    sealed = encrypt(plain, "EncryptedID", DECRYPTION.certificate, AES128_GCM)
    assert open_encrypted(sealed, (KEYS[ECDSA_SHA256], KEYS[RSA_SHA256], DECRYPTION)).text == "alice"
    with pytest.raises(Undecipherable):
        open_encrypted(sealed, (KEYS[RSA_SHA256],))
    with pytest.raises(Undecipherable):
        open_encrypted(parse(f'<saml:EncryptedID xmlns:saml="{ASSERTION}"/>'.encode()), (DECRYPTION,))
    for method, digest in ((OAEP, SHA256), (OAEP_MGF1P, SHA1)):
        with pytest.raises(Undecipherable):
            unwrap(None, b"", method, digest)
    with pytest.raises(Undecipherable):
        decrypt(b"k" * 16, "http://www.w3.org/2001/04/xmlenc#tripledes-cbc", b"x" * 64)
    with pytest.raises(Undecipherable):
        decrypt(b"k" * 16, AES128_GCM, b"x" * 64)


def test_values_are_told_as_text() -> None:
    assert list(texts(["a", 1, True, None, {"formatted": "x\ny"}, ["b", ""], "c\x00\x0bd\ufffe"])) == [
        "a",
        "1",
        "true",
        "x\ny",
        "b",
        "cd",
    ]
