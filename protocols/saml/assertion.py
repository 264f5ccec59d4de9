"""From a login to signed XML: what a service is told, in the shape that it and its administrator agreed on."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from idp.custody.certification import CertifiedRing
from keys.certified_key import Unusable, recipient
from protocols.saml.encryption import encrypt
from protocols.saml.entity import Party
from protocols.saml.errors import SAMLError
from protocols.saml.message import Statement
from protocols.saml.names import ASSERTION, PROTOCOL, RESPONDER, tag
from protocols.saml.server import build_assertion, build_response
from protocols.saml.settings import ENCRYPTIONS, SIGNATURES
from protocols.saml.signature import sign
from protocols.saml.xml import Element, serialize

AFTER_ISSUER: Final = 1  # where the schema wants a signature
STATUS: Final = tag(PROTOCOL, "Status")
SUBJECT: Final = tag(ASSERTION, "Subject")
NAME_ID: Final = f"{SUBJECT}/{tag(ASSERTION, 'NameID')}"


@dataclass(frozen=True, slots=True)
class Envelope:
    """To whom a response goes, and what it answers."""

    issuer: str
    destination: str
    in_response_to: str | None
    issued_at: int


def new_identifier() -> str:
    """160 random bits as an xs:ID (saml-core-2.0 §1.3.4 asks for at least 128)."""
    return f"_{secrets.token_hex(20)}"


def success(
    envelope: Envelope, party: Party, ring: CertifiedRing, said: Statement, certificate: bytes | None
) -> bytes:
    """A response with the assertion, signed and encrypted as the service's settings say.

    `certificate` is what `encryption_certificate` found.
    """
    assertion = build_assertion(said)
    settings = party.settings
    method = ENCRYPTIONS[settings.encryption_algorithm]
    if settings.encrypt_name_id and certificate is not None:
        subject, plain = assertion.find(SUBJECT), assertion.find(NAME_ID)
        assert subject is not None
        assert plain is not None
        subject.replace(plain, encrypt(plain, "EncryptedID", certificate, method))
    key = ring.signer(SIGNATURES[settings.signature_algorithm])
    if "assertion" in settings.sign or party.metadata.want_assertions_signed:
        sign(assertion, key, AFTER_ISSUER)
    if settings.encrypt and certificate is not None:
        assertion = encrypt(assertion, "EncryptedAssertion", certificate, method)
    response = _response(envelope)
    response.append(assertion)
    if "response" in settings.sign:
        sign(response, key, AFTER_ISSUER)
    return serialize(response)


def failure(envelope: Envelope, party: Party, ring: CertifiedRing, error: SAMLError) -> bytes:
    """A signed response that says why there is no assertion."""
    response = _response(envelope, (error.status, error.detail, error.words))
    sign(response, ring.signer(SIGNATURES[party.settings.signature_algorithm]), AFTER_ISSUER)
    return serialize(response)


def _response(envelope: Envelope, *status: tuple[str, str, str]) -> Element:
    return build_response(
        new_identifier(),
        envelope.issuer,
        envelope.destination,
        envelope.in_response_to,
        envelope.issued_at,
        *status,
    )


def encryption_certificate(party: Party) -> bytes | None:
    """For whom to encrypt; None where nothing is to be. Raises `SAMLError` where it is and cannot be done."""
    if not (party.settings.encrypt or party.settings.encrypt_name_id):
        return None
    for certificate in party.metadata.encryption_certificates:
        try:
            recipient(certificate)
        except Unusable:
            continue
        return certificate
    raise SAMLError(
        RESPONDER,
        "",
        "encryption is wanted, and the metadata of the service has no certificate to encrypt for",
    )
