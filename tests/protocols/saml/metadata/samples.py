"""Metadata as services and federations publish them."""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path

from keys.certified_key import CertifiedKey
from keys.xml_signature import ECDSA_SHA256
from protocols.saml.names import METADATA, POST, PROTOCOL, REDIRECT
from protocols.saml.signature import sign
from protocols.saml.xml import parse, serialize

NOW = 1_800_000_000  # 2027-01-15
DAY = 86400
SP = "https://wiki.example.com/sp"
ACS = "https://wiki.example.com/acs"
NAMESPACES = f'xmlns:md="{METADATA}" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'


def key(name: str, now: int = NOW) -> CertifiedKey:
    """The key of that name; its certificate ends ten years after `now`."""
    return _made(name, now)


@cache
def _made(name: str, now: int) -> CertifiedKey:
    return CertifiedKey.generate(ECDSA_SHA256, name, now)


def descriptor(use: str, name: str, now: int = NOW) -> str:
    encoded = base64.b64encode(key(name, now).certificate).decode()
    return (
        f"<md:KeyDescriptor{f' use={chr(34)}{use}{chr(34)}' if use else ''}><ds:KeyInfo><ds:X509Data>"
        f"<ds:X509Certificate>\n{encoded}\n</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"
    )


def acs(location: str = ACS, index: int = 0, more: str = "") -> str:
    return f'<md:AssertionConsumerService Binding="{POST}" Location="{location}" index="{index}"{more}/>'


def slo(location: str = "https://wiki.example.com/slo", more: str = "") -> str:
    return f'<md:SingleLogoutService Binding="{REDIRECT}" Location="{location}"{more}/>'


def entity(
    *content: str,
    entity_id: str = SP,
    signed: bool = True,
    wants: bool = True,
    more: str = "",
    before: str = "",
    role: str = "",
) -> str:
    """An EntityDescriptor; without `content` the usual one. `more` are attributes of it, `before` its first child."""
    inside = (
        "".join(content)
        if content
        else descriptor("signing", "one") + descriptor("encryption", "two") + acs()
    )
    flags = f'AuthnRequestsSigned="{str(signed).lower()}" WantAssertionsSigned="{"1" if wants else "0"}"'
    return (
        f'<md:EntityDescriptor {NAMESPACES} entityID="{entity_id}" {more}>{before}\n'
        f'<md:SPSSODescriptor {flags} protocolSupportEnumeration="{PROTOCOL}" {role}>{inside}</md:SPSSODescriptor>\n'
        "</md:EntityDescriptor>"
    )


def aggregate(*entities: str, more: str = 'ID="_all"', before: str = "") -> str:
    return (
        f"<md:EntitiesDescriptor {NAMESPACES} {more}>{before}\n{''.join(entities)}\n</md:EntitiesDescriptor>"
    )


def sealed(document: str, by: str = "federation") -> str:
    """Signed by its publisher, as saml-metadata-2.0 §3 wants it."""
    root = parse(document.encode(), 1 << 24)
    sign(root, key(by), 0)
    return serialize(root).decode()


def pem(path: Path, name: str) -> None:
    """The certificate of that key as administrators are given it."""
    encoded = base64.encodebytes(key(name).certificate).decode()
    path.write_text(f"-----BEGIN CERTIFICATE-----\n{encoded}-----END CERTIFICATE-----\n")
