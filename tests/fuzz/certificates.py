"""Parsers of certificates, and of what authenticators sign."""

from __future__ import annotations

import base64
import contextlib
from functools import cache
from typing import Any
from urllib.parse import quote

import orjson

from idp.authenticators.passkey.ceremony import Ceremony, Key, Wrong, handle
from idp.authenticators.passkey.settings import PasskeySettings
from keys import base64url
from keys.certificate import Authorities, Certificate, InvalidCertificate, subject
from keys.client_authority import ClientAuthority
from keys.revocation_list import RevocationLists
from tests.fuzz.kept import kept
from tests.fuzz.target import target
from tests.passkey import SoftKey

NOW = 1_795_000_000
ORIGIN = "https://login.example.com"
CHALLENGE = b"c" * 32


@kept
def made() -> list[bytes]:
    """An authority, a certificate of its own, and its list of revoked ones."""
    authority = ClientAuthority.generate("Clients", NOW)
    issued = authority.issue("alice's phone", NOW, 30, "https://login.example.com/crl")
    return [authority.certificate, issued.der, authority.crl([("01", NOW)], NOW, 3600)]


def issued() -> bytes:
    return made()[1]


def pem(der: bytes) -> bytes:
    return b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n"


def look_at_all(certificate: Certificate) -> None:
    """Everything that is ever asked of one."""
    for kind in ("cn", "email", "upn", "serial"):
        with contextlib.suppress(ValueError):
            certificate.names(kind)  # type: ignore[arg-type]  # whichever there are
    for kind in ("dns", "uri", "ip", "email"):
        certificate.has_alternative(kind, "192.0.2.1")
    told = certificate.thumbprint, certificate.public_key, certificate.serial, certificate.issuer
    assert all(told) or certificate.issuer == ""
    certificate.is_valid(NOW)
    assert certificate.is_for_clients in (True, False)
    assert certificate.is_issued_by(Authorities.from_der(made()[0])) in (True, False)


def authority_pem() -> bytes:
    return pem(made()[0])


@target(
    "certificate", lambda: [issued()], (b"\x30\x82", b"\x06\x03U\x1d\x11", b"\x30\x80", b"\x02\x01\xff"), 3.0
)
def look_at_certificate(data: bytes) -> None:
    """Shown to us by TLS, or handed on by a proxy as base64."""
    headers = f":{base64.b64encode(data).decode()}:", quote(pem(data))
    for read, shown in (
        (Certificate.from_peer, data),
        *((Certificate.from_header, each) for each in headers),
    ):
        with contextlib.suppress(InvalidCertificate):
            look_at_all(read(shown))  # type: ignore[operator]


@target(
    "certificate-header",
    lambda: [quote(pem(issued())).encode(), b":" + base64.b64encode(issued()) + b":"],
    (b":",),
)
def look_at_header(data: bytes) -> None:
    with contextlib.suppress(InvalidCertificate):
        look_at_all(Certificate.from_header(data.decode("utf-8", "surrogateescape")))


@target("authorities", lambda: [authority_pem(), authority_pem() * 2], (b"-----BEGIN CERTIFICATE-----\n",))
def look_at_authorities(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        found = Authorities.from_pem(data)
        assert Authorities.from_pem(found.pem.encode()) == found


@target("revocation-list", lambda: made()[2:], (b"\x30\x82", b"\x17\x0d"))
def look_at_revocation_list(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        lists = RevocationLists.read(data, Authorities.from_pem(authority_pem()))
        lists.judge(Certificate.from_der(issued()), NOW)


@target(
    "distinguished-name",
    lambda: [b"CN=alice,O=Example,C=JP", b"CN=a+emailAddress=a@b"],
    (b"\\,", b"\\2c", b"+OU="),
)
def look_at_subject(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        name = subject(data.decode("utf-8", "replace"))
        assert subject(name.rfc4514_string()) == name


@cache
def ceremony() -> Ceremony:
    return Ceremony(PasskeySettings().at(ORIGIN))


@kept
def passkey() -> list[bytes]:
    """One that was made there, a signature of its own, and the making of another."""
    opened, soft = ceremony(), SoftKey(ORIGIN)
    first = soft.create(opened.creation(CHALLENGE, "id", "alice", "Alice", ()))
    key = opened.created(CHALLENGE, first)[0]
    asked = opened.request(CHALLENGE, [(key.id, ())])
    other = SoftKey(ORIGIN).create(opened.creation(CHALLENGE, "id", "a", "A", ()))
    return [key.data, soft.get(asked).encode(), other.encode()]


def answers() -> list[bytes]:
    return passkey()[1:]


@target(
    "passkey-answer",
    answers,
    (b'"response":{', b'"userHandle":"', b'"clientDataJSON":"', b'"transports":["usb"]'),
)
def look_at_answer(data: bytes) -> None:
    """Proves what was signed for this challenge by this key, or nothing."""
    opened, key = ceremony(), Key(passkey()[0])
    text = data.decode("utf-8", "replace")
    handle(text)
    with contextlib.suppress(Wrong):
        opened.created(CHALLENGE, text)
    with contextlib.suppress(Wrong):
        opened.asserted(CHALLENGE, [key], text)
        assert _signed(text) == _signed(answers()[0].decode())


def _signed(text: str) -> tuple[Any, ...]:
    """Read as fido2 reads it, which passes over what is no base64."""
    said = orjson.loads(text)["response"]
    return tuple(
        base64.urlsafe_b64decode(said[name] + "===") for name in ("authenticatorData", "clientDataJSON")
    )


def attestations() -> list[bytes]:
    said = orjson.loads(answers()[1])["response"]["attestationObject"]
    return [base64url.decode(said.encode())]


@target(
    "passkey-cbor",
    attestations,
    (b"\xa3", b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", b"\x81" * 400, b"\xbf", b"\x58\xa4"),
)
def look_at_cbor(data: bytes) -> None:
    """What the authenticator itself made, under what the browser says of it."""
    opened = ceremony()
    answer = orjson.loads(answers()[1])
    answer["response"]["attestationObject"] = base64url.encode(data).decode()
    with contextlib.suppress(Wrong):
        key, counter = opened.created(CHALLENGE, orjson.dumps(answer).decode())
        assert Key(key.data).id == key.id and counter >= 0
        opened.creation(CHALLENGE, "id", "a", "A", [key])
