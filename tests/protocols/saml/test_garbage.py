"""Generated bad messages at the SAML door: refused in words, never by a defect."""

from __future__ import annotations

import base64
import contextlib
import random

from keys.certified_key import CertifiedKey
from keys.xml_encryption import AES256_GCM, Undecipherable
from keys.xml_signature import ECDSA_SHA256
from protocols.saml.binding import from_form, from_query
from protocols.saml.encryption import encrypt, open_encrypted
from protocols.saml.errors import Refused
from protocols.saml.instant import read
from protocols.saml.names import ASSERTION
from protocols.saml.server import read_authn_request
from protocols.saml.signature import BadSignature, sign
from protocols.saml.xml import Unreadable, parse, serialize
from tests.browser import Browser
from tests.protocols.saml.test_answers import DECRYPTION
from tests.service_provider import Provider, ServiceProvider

ROUNDS = 3000
PIECES = [
    b"<",
    b">",
    b"&",
    b'"',
    b"\0",
    b"\xff",
    b"<!--",
    b"]]>",
    b"xmlns=''",
    b"ID",
    b" ",
    "有".encode(),
    b"<?x?>",
]


def mutated(random_: random.Random, message: bytes) -> bytes:
    """Cut, doubled, overwritten or moved at random places."""
    data = bytearray(message)
    for _ in range(random_.randint(1, 4)):
        at, length = random_.randrange(len(data) + 1), random_.randrange(40)
        match random_.randrange(4):
            case 0:
                del data[at : at + length]
            case 1:
                data[at:at] = random_.choice(PIECES)
            case 2:
                data[at:at] = data[at : at + length]
            case _:
                data[at : at + 1] = bytes([random_.randrange(256)])
        data = data or bytearray(b"<")
    return bytes(data)


def test_requests_of_any_kind_are_read_or_refused() -> None:
    """THREAT_MODEL.md 32: every parser: bounded, and no defect for any of the generated bad inputs."""
    random_ = random.Random(1)  # the same ones each time
    provider = Provider("wiki")
    service = ServiceProvider(Browser.__new__(Browser), provider, "https://idp.example.com")
    request = service.request(
        '<saml:Subject><saml:NameID>a</saml:NameID></saml:Subject><samlp:NameIDPolicy Format="urn:x"/>'
        "<samlp:RequestedAuthnContext><saml:AuthnContextClassRef>urn:y</saml:AuthnContextClassRef>"
        "</samlp:RequestedAuthnContext>"
    )
    sign(request, provider.key, 1)
    raw = serialize(request)
    understood = 0
    for _ in range(ROUNDS):
        form = {"SAMLRequest": base64.b64encode(mutated(random_, raw)).decode()}
        with contextlib.suppress(Refused, BadSignature):
            received = from_form(form, "SAMLRequest")
            asked = read_authn_request(received.unverified_root)
            read(asked.issue_instant)
            understood += 1
            received.verified([provider.key.certificate])
    assert 0 < understood < ROUNDS
    query = service.redirect(service.request(), "state", signed=True).partition("?")[2].encode()
    for _ in range(ROUNDS):
        with contextlib.suppress(Refused, BadSignature):
            received = from_query(mutated(random_, query).decode("latin-1"), "SAMLRequest")
            received.verified([provider.key.certificate])
            read_authn_request(received.unverified_root)


def test_encrypted_names_of_any_kind_open_or_do_not() -> None:
    """THREAT_MODEL.md 32: the same for what is encrypted for us."""
    random_ = random.Random(2)
    name = parse(f'<saml:NameID xmlns:saml="{ASSERTION}">alice</saml:NameID>'.encode())
    raw = serialize(encrypt(name, "EncryptedID", DECRYPTION.certificate, AES256_GCM))
    other = CertifiedKey.generate(ECDSA_SHA256, "x", 0)
    for _ in range(ROUNDS // 10):
        with contextlib.suppress(Unreadable, Undecipherable):
            assert open_encrypted(parse(mutated(random_, raw)), (other, DECRYPTION)).text == "alice"
