"""`/saml/metadata`: what services have to know of us (saml-metadata-2.0), signed."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Final

from aiohttp import web
from lxml import etree

from idp.custody.certification import CertifiedRing
from keys.certified_key import CertifiedKey
from keys.xml_encryption import KEY_BYTES, OAEP, OAEP_MGF1P
from protocols.saml import entity
from protocols.saml.assertion import new_identifier
from protocols.saml.entity import ECP, RESOLUTION, SLO, SLO_SOAP, Entity
from protocols.saml.names import DS, MDUI, METADATA, POST, PROTOCOL, REDIRECT, SOAP, XML, tag
from protocols.saml.settings import NAME_IDS
from protocols.saml.signature import sign
from protocols.saml.xml import Element

MEDIA_TYPE: Final = "application/samlmetadata+xml"  # saml-metadata-2.0 appendix A
CACHE: Final = "PT6H"  # how long services may keep it: a certificate is announced for a week
HEADERS: Final = {"Cache-Control": "public, max-age=3600"}
NAMESPACES: Final = {"md": METADATA, "mdui": MDUI, "ds": DS}


async def show(request: web.Request) -> web.Response:
    """GET: for everybody; every certificate that signs or will sign is in it."""
    here = entity.of(request)
    async with here.provider.storage.snapshot(here.tenant.name) as tx:
        ring = await here.certification.load(tx)
    return web.Response(body=document(here, ring), content_type=MEDIA_TYPE, headers=HEADERS)


def document(here: Entity, ring: CertifiedRing) -> bytes:
    """The metadata of a tenant, signed by its oldest key: whoever trusts one certificate can check the next."""
    root = etree.Element(tag(METADATA, "EntityDescriptor"), nsmap=NAMESPACES)
    root.set("ID", new_identifier())
    root.set("entityID", here.id)
    root.set("cacheDuration", CACHE)
    role = _child(root, METADATA, "IDPSSODescriptor", protocolSupportEnumeration=PROTOCOL)
    role.set("WantAuthnRequestsSigned", "false")  # which ones are is said in each service's metadata
    _interface(role, here)
    _keys(role, "signing", (*ring.signing, *ring.announced))
    for descriptor in _keys(role, "encryption", ring.encryption[-1:]):
        for method in (*KEY_BYTES, OAEP_MGF1P, OAEP):
            _child(descriptor, METADATA, "EncryptionMethod", Algorithm=method)
    _endpoints(role, here)
    _organization(root, here)
    sign(root, ring.signing[0], 0)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _interface(role: Element, here: Entity) -> None:
    """What services show to people who choose where to sign in (Metadata Extensions for Login and Discovery UI)."""
    info = _child(_child(role, METADATA, "Extensions"), MDUI, "UIInfo")
    for language, text in here.tenant.settings.display_name.items():
        _child(info, MDUI, "DisplayName", language).text = text


def _keys(role: Element, use: str, keys: Iterable[CertifiedKey]) -> list[Element]:
    descriptors = []
    for key in keys:
        descriptor = _child(role, METADATA, "KeyDescriptor", use=use)
        data = _child(_child(descriptor, DS, "KeyInfo"), DS, "X509Data")
        _child(data, DS, "X509Certificate").text = base64.b64encode(key.certificate).decode()
        descriptors.append(descriptor)
    return descriptors


def _endpoints(role: Element, here: Entity) -> None:
    resolution = _child(role, METADATA, "ArtifactResolutionService", Binding=SOAP, index="0")
    resolution.set("Location", here.tenant.url(RESOLUTION))
    for binding, path in ((REDIRECT, SLO), (POST, SLO), (SOAP, SLO_SOAP)):
        _child(role, METADATA, "SingleLogoutService", Binding=binding, Location=here.tenant.url(path))
    for name_id in NAME_IDS.values():
        _child(role, METADATA, "NameIDFormat").text = name_id
    for binding in (REDIRECT, POST):
        _child(role, METADATA, "SingleSignOnService", Binding=binding, Location=here.sso)
    if here.has_clients:
        _child(role, METADATA, "SingleSignOnService", Binding=SOAP, Location=here.tenant.url(ECP))


def _organization(root: Element, here: Entity) -> None:
    settings = here.tenant.settings
    organization = _child(root, METADATA, "Organization")
    for name in ("OrganizationName", "OrganizationDisplayName"):
        for language, text in settings.display_name.items():
            _child(organization, METADATA, name, language).text = text
    for language in settings.display_name:
        _child(organization, METADATA, "OrganizationURL", language).text = here.tenant.url("/")
    if here.settings.contact is not None:
        person = _child(root, METADATA, "ContactPerson", contactType="technical")
        _child(person, METADATA, "EmailAddress").text = f"mailto:{here.settings.contact}"


def _child(parent: Element, namespace: str, name: str, language: str = "", **attributes: str) -> Element:
    child = etree.SubElement(parent, tag(namespace, name), attributes)
    if language:
        child.set(tag(XML, "lang"), language)
    return child
