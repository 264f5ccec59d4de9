"""What an EntityDescriptor says of a service provider (saml-metadata-2.0 §2.4.4)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from idp.config.loopback import is_loopback
from keys.certified_key import Unusable, ends_at
from protocols.saml.metadata.reading import ENTITY_BYTES
from protocols.saml.metadata.times import earliest, moment, span
from protocols.saml.names import DS, METADATA, PROTOCOL, tag
from protocols.saml.service_provider import Endpoint, IndexedEndpoint, RequestedAttribute, ServiceProvider
from protocols.saml.xml import ELEMENTS, Element, Unreadable, parse

TRUE: Final = ("true", "1")
# Remembered: what a file says is looked at when it is read, when it is taken over, and when somebody signs in there.
DESCRIBED: Final = 4096
# An address that needs no taking apart, as nearly all are: thousands of services have three each.
_USUAL: Final = re.compile(r"https://[a-z0-9.-]*[a-z0-9](:[0-9]{1,4})?/[!\"$-\[\]-~]*")


@dataclass(frozen=True, slots=True)
class Description:
    """A service provider, and for how long what is said of it may be kept."""

    provider: ServiceProvider
    cache_seconds: int | None


def describe(document: bytes, valid_until: int | None = None) -> Description:
    """The service provider of an EntityDescriptor; `valid_until` is what stood around it.

    Raises `Unreadable`, in words for the administrator.
    """
    return _described(document, valid_until)


@lru_cache(maxsize=DESCRIBED)
def _described(document: bytes, valid_until: int | None) -> Description:
    # That of ADFS declares a namespace at each claim that it lists.
    entity = parse(document, ENTITY_BYTES, declarations=ELEMENTS)
    entity_id = entity.get("entityID", "")
    if entity.tag != _tag("EntityDescriptor") or not entity_id or len(entity_id) > 1024:
        raise Unreadable("this is no EntityDescriptor with an entityID")
    role = _role(entity)
    lives = [each.get("validUntil") for each in (entity, role)]
    caches = [each.get("cacheDuration") for each in (entity, role)]
    services = tuple(_indexed(role, "AssertionConsumerService"))
    if not services:
        raise Unreadable("there is no AssertionConsumerService with an https address")
    provider = ServiceProvider(
        entity_id=entity_id,
        assertion_consumer_services=services,
        single_logout_services=tuple(_endpoints(role, "SingleLogoutService")),
        artifact_resolution_services=tuple(_indexed(role, "ArtifactResolutionService")),
        signing_certificates=tuple(_certificates(role, "signing")),
        encryption_certificates=tuple(_certificates(role, "encryption")),
        authn_requests_signed=role.get("AuthnRequestsSigned") in TRUE,
        want_assertions_signed=role.get("WantAssertionsSigned") in TRUE,
        name_id_formats=tuple(filter(None, map(_text, role.findall(_tag("NameIDFormat"))))),
        requested_attributes=tuple(_requested(role)),
        valid_until=earliest(valid_until, *(moment(each) for each in lives if each)),
    )
    return Description(provider, earliest(*(span(each) for each in caches if each)))


def _role(entity: Element) -> Element:
    """The one role that speaks SAML 2.0; there may be others, of an identity provider or of SAML 1.1."""
    roles = [
        role
        for role in entity.findall(_tag("SPSSODescriptor"))
        if PROTOCOL in role.get("protocolSupportEnumeration", "").split()
    ]
    if len(roles) != 1:
        raise Unreadable("there is no SPSSODescriptor for SAML 2.0, or several")
    return roles[0]


def _locations(role: Element, name: str) -> Iterator[tuple[Element, str, str]]:
    """Endpoints to which a browser may be sent: others are as if they were not there."""
    for each in role.findall(_tag(name)):
        binding, location = each.get("Binding"), each.get("Location")
        if binding and location and is_safe(location):
            yield each, binding, location


def is_safe(location: str) -> bool:
    """Whether messages may go there: by https, or by http on this machine."""
    if _USUAL.fullmatch(location):
        return True
    try:
        parts = urlsplit(location)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    is_plain = parts.scheme == "http" and is_loopback(host)
    written = location.isprintable() and " " not in location and "#" not in location and "\\" not in location
    return written and bool(host) and parts.username is None and (parts.scheme == "https" or is_plain)


def _endpoints(role: Element, name: str) -> Iterator[Endpoint]:
    for each, binding, location in _locations(role, name):
        answers = each.get("ResponseLocation", "")
        yield Endpoint(binding, location, answers if answers and is_safe(answers) else "")


def _indexed(role: Element, name: str) -> Iterator[IndexedEndpoint]:
    for each, binding, location in _locations(role, name):
        index = each.get("index", "")
        if not index.isascii() or not index.isdigit() or len(index) > 5 or int(index) > 0xFFFF:
            raise Unreadable(f"an {name} has no index between 0 and 65535")
        yield IndexedEndpoint(binding, location, int(index), each.get("isDefault") in TRUE)


def _certificates(role: Element, use: str) -> Iterator[bytes]:
    """Of the keys for this use, each once; without `use` a key is for both (§2.4.1.1)."""
    found: dict[bytes, None] = {}
    for descriptor in role.findall(_tag("KeyDescriptor")):
        if descriptor.get("use", use) != use:
            continue
        for each in descriptor.iterfind(
            f"{tag(DS, 'KeyInfo')}/{tag(DS, 'X509Data')}/{tag(DS, 'X509Certificate')}"
        ):
            found[_certificate(_text(each))] = None
    yield from found


def _certificate(text: str) -> bytes:
    try:
        certificate = base64.b64decode("".join(text.split()), validate=True)
        ends_at(certificate)
    except (binascii.Error, ValueError, Unusable):
        raise Unreadable("an X509Certificate is not a certificate") from None
    return certificate


def _requested(role: Element) -> Iterator[RequestedAttribute]:
    """Of the service that is the default, or else the first (§2.4.4.1)."""
    services = role.findall(_tag("AttributeConsumingService"))
    chosen = next(
        (each for each in services if each.get("isDefault") in TRUE), services[0] if services else None
    )
    for each in chosen.findall(_tag("RequestedAttribute")) if chosen is not None else ():
        if name := each.get("Name"):
            yield RequestedAttribute(
                name,
                each.get("NameFormat", ""),
                each.get("FriendlyName", ""),
                each.get("isRequired") in TRUE,
            )


def _text(element: Element) -> str:
    """All of it: comments were dropped while reading, and elements have no place in it."""
    if len(element):
        raise Unreadable("a value has elements in it")
    return (element.text or "").strip()


def _tag(name: str) -> str:
    return tag(METADATA, name)
