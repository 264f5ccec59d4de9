"""A strict service provider: it believes nothing that saml-profiles-2.0 §4.1.4.3 tells it to check."""

from __future__ import annotations

import base64
import secrets
import time
import zlib
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import quote, quote_plus

from lxml import etree

from keys.certified_key import CertifiedKey
from keys.xml_signature import ECDSA_SHA256
from protocols.saml.encryption import open_encrypted
from protocols.saml.names import (
    ARTIFACT,
    ASSERTION,
    BEARER,
    METADATA,
    POST,
    PROTOCOL,
    SUCCESS,
    tag,
)
from protocols.saml.signature import SIGNATURE, sign, verify
from protocols.saml.xml import Element, parse, serialize
from tests.browser import Browser
from tests.page import Form, Page
from tests.people import Person

XMLNS = {"md": METADATA, "saml": ASSERTION, "samlp": PROTOCOL, "ds": "http://www.w3.org/2000/09/xmldsig#"}


@dataclass
class Answer:
    """What came of a login."""

    status: str
    detail: str = ""
    message: str = ""
    relay_state: str | None = None
    assertion: Element | None = None
    response: Element | None = None
    raw: bytes = b""

    def text(self, path: str) -> str:
        found = self.all(path)
        assert len(found) == 1, (path, found)
        return found[0]

    def all(self, path: str) -> list[str]:
        """Texts or attributes below the assertion."""
        assert self.assertion is not None, (self.status, self.detail, self.message)
        found: Any = self.assertion.xpath(path, namespaces=XMLNS)
        return [each if isinstance(each, str) else each.text or "" for each in found]

    @property
    def name_id(self) -> str:
        return self.text("saml:Subject/saml:NameID")

    def attribute(self, name: str) -> list[str]:
        return self.all(f"saml:AttributeStatement/saml:Attribute[@Name='{name}']/saml:AttributeValue")


@dataclass
class Provider:
    """One service; its keys are its own."""

    name: str
    wants_signed: bool = False
    signs: bool = False
    certificates: str = "signing encryption"
    key: CertifiedKey = field(
        default_factory=lambda: CertifiedKey.generate(ECDSA_SHA256, "sp", int(time.time()))
    )
    decryption: CertifiedKey | None = None
    logout: tuple[tuple[str, str], ...] = ()  # binding and address of where it hears of a logout
    by_artifact: bool = False  # it fetches its answers

    @property
    def entity_id(self) -> str:
        return f"https://{self.name}.example.com/metadata"

    @property
    def acs(self) -> str:
        return f"https://{self.name}.example.com/acs"

    def metadata(self) -> str:
        """As an administrator would get it from the service."""
        keys = {"signing": self.key, "encryption": self.decryption}
        descriptors = "".join(
            f'<md:KeyDescriptor use="{use}"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>'
            f"{base64.b64encode(key.certificate).decode()}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>"
            "</md:KeyDescriptor>"
            for use, key in keys.items()
            if key is not None and use in self.certificates
        )
        namespaces = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in XMLNS.items())
        return (
            f'<md:EntityDescriptor {namespaces} entityID="{self.entity_id}"><md:SPSSODescriptor '
            f'AuthnRequestsSigned="{str(self.signs).lower()}" WantAssertionsSigned="true" '
            f'protocolSupportEnumeration="{PROTOCOL}">{descriptors}'
            + "".join(
                f'<md:SingleLogoutService Binding="{binding}" Location="{address}"/>'
                for binding, address in self.logout
            )
            + f'<md:AssertionConsumerService index="0" Binding="{ARTIFACT if self.by_artifact else POST}" '
            f'Location="{self.acs}"/>'
            f'<md:AssertionConsumerService index="7" Binding="{POST}" Location="{self.acs}/seven"/>'
            f'<md:AssertionConsumerService index="8" Binding="urn:oasis:names:tc:SAML:2.0:bindings:PAOS" '
            f'Location="{self.acs}/paos"/></md:SPSSODescriptor></md:EntityDescriptor>'
        )


class ServiceProvider:
    """A service in one browser, at one identity provider."""

    def __init__(self, browser: Browser, provider: Provider, issuer: str) -> None:
        self.browser, self.provider, self.issuer = browser, provider, issuer
        self.sso = f"{issuer}/saml/sso"
        self.entity_id = f"{issuer}/saml/metadata"

    async def certificates(self) -> list[bytes]:
        """Those of the identity provider's metadata, which must be signed by the first."""
        page = await self.browser.request("GET", self.entity_id, cookies=False)
        root = parse(page.body)
        assert root.get("entityID") == self.entity_id
        found: Any = root.xpath("//md:KeyDescriptor[@use='signing']//ds:X509Certificate", namespaces=XMLNS)
        signing = [base64.b64decode(each.text) for each in found]
        verify(root, signing[:1])
        return signing

    def request(self, inside: str = "", **attributes: str | None) -> Element:
        """An AuthnRequest; attributes whose value is None are left out."""
        given = {
            "ID": f"_{secrets.token_hex(16)}",
            "Version": "2.0",
            "IssueInstant": instant(0),
            "Destination": self.sso,
            "AssertionConsumerServiceURL": self.provider.acs,
            "ProtocolBinding": POST,
            **attributes,
        }
        written = "".join(f' {name}="{escape(value)}"' for name, value in given.items() if value is not None)
        return etree.fromstring(
            f'<samlp:AuthnRequest xmlns:samlp="{PROTOCOL}" xmlns:saml="{ASSERTION}"{written}>'
            f"<saml:Issuer>{self.provider.entity_id}</saml:Issuer>{inside}</samlp:AuthnRequest>"
        )

    def redirect(
        self, request: Element | bytes, relay_state: str | None = None, signed: bool | None = None
    ) -> str:
        """The address of the Redirect binding (saml-bindings-2.0 §3.4.4)."""
        query = f"SAMLRequest={quote(base64.b64encode(deflate(request)).decode(), safe='')}"
        if relay_state is not None:
            query += f"&RelayState={quote_plus(relay_state)}"
        if self.provider.signs if signed is None else signed:
            query += f"&SigAlg={quote(self.provider.key.method, safe='').replace('%3A', '%3a')}"  # as ADFS writes it
            signature = base64.b64encode(self.provider.key.sign(query.encode())).decode()
            query += f"&Signature={quote(signature, safe='')}"
        return f"{self.sso}?{query}"

    def form(
        self, request: Element | bytes, relay_state: str | None = None, signed: bool | None = None
    ) -> dict[str, str]:
        """The fields of the POST binding (§3.5.4)."""
        if isinstance(request, etree._Element) and (self.provider.signs if signed is None else signed):
            sign(request, self.provider.key, 1)
        given = {"SAMLRequest": base64.b64encode(as_bytes(request)).decode()}
        return given if relay_state is None else {**given, "RelayState": relay_state}

    async def login(
        self, person: Person, relay_state: str | None = None, inside: str = "", **attributes: Any
    ) -> Answer:
        """A whole login by the Redirect binding."""
        request = self.request(inside, **attributes)
        page = await self.browser.login(self.redirect(request, relay_state), person, "\0")
        return await self.answer(page, request.get("ID"))

    async def post(self, form: dict[str, str], person: Person | None = None) -> Page:
        """Post a request as the page of another site does: cookies that are SameSite=Lax do not come along."""
        page = await self.browser.request("POST", self.sso, form, cookies=False)
        if page.location is not None:
            page = await self.browser.get(page.location)
        return await self.browser.login(page, person, "\0") if person else page

    async def answer(self, page: Page, in_response_to: str | None) -> Answer:
        """What the page's form would post to the service, all checks made."""
        form = handover(page)
        assert form.action.startswith(self.provider.acs)
        raw = base64.b64decode(form.fields["SAMLResponse"], validate=True)
        return await self.read(raw, form.action, in_response_to, form.fields.get("RelayState"))

    async def read(
        self, raw: bytes, recipient: str, in_response_to: str | None, relay_state: str | None = None
    ) -> Answer:
        """A response however it came, all checks made."""
        response = parse(raw)
        answer = Answer(*status(response), relay_state, raw=raw)
        certificates = await self.certificates()
        if response.find(SIGNATURE) is not None:
            response = verify(response, certificates)
        answer.response = response
        assert response.get("Destination") == recipient
        assert response.get("InResponseTo") == in_response_to
        assert response.findtext(tag(ASSERTION, "Issuer")) == self.entity_id
        if answer.status == SUCCESS:
            answer.assertion = self._assertion(response, certificates)
            self._check(answer, recipient, in_response_to)
        return answer

    def _assertion(self, response: Element, certificates: list[bytes]) -> Element:
        key = self.provider.decryption
        encrypted = response.find(tag(ASSERTION, "EncryptedAssertion"))
        if encrypted is not None:
            assert key is not None
            assertion = open_encrypted(encrypted, (key,))
        else:
            found = response.find(tag(ASSERTION, "Assertion"))
            assert found is not None
            assertion = parse(serialize(found))
        if assertion.find(SIGNATURE) is not None:
            assertion = verify(assertion, certificates)
        hidden = assertion.find(f"{tag(ASSERTION, 'Subject')}/{tag(ASSERTION, 'EncryptedID')}")
        if hidden is not None:
            assert key is not None
            parent = hidden.getparent()
            assert parent is not None
            parent.replace(hidden, open_encrypted(hidden, (key,)))
        return assertion

    def _check(self, answer: Answer, recipient: str, in_response_to: str | None) -> None:
        now = instant(0)
        assert answer.text("saml:Issuer") == self.entity_id
        assert (
            answer.text("saml:Conditions/saml:AudienceRestriction/saml:Audience") == self.provider.entity_id
        )
        assert answer.text("saml:Conditions/@NotBefore") <= now < answer.text("saml:Conditions/@NotOnOrAfter")
        confirmation = "saml:Subject/saml:SubjectConfirmation"
        assert answer.text(f"{confirmation}/@Method") == BEARER
        data = f"{confirmation}/saml:SubjectConfirmationData"
        assert answer.text(f"{data}/@Recipient") == recipient
        assert answer.all(f"{data}/@InResponseTo") == ([in_response_to] if in_response_to else [])
        assert now < answer.text(f"{data}/@NotOnOrAfter")
        assert answer.text("saml:AuthnStatement/@SessionIndex")
        assert now < answer.text("saml:AuthnStatement/@SessionNotOnOrAfter")


def handover(page: Page) -> Form:
    """The form of a page that carries an answer."""
    found = [form for form in page.forms if "SAMLResponse" in form.fields]
    assert len(found) == 1, f"{page.status} {page.url} {page.text[:3000]}"
    return found[0]


def status(response: Element) -> tuple[str, str, str]:
    """The code, the second-level code and the words of a response."""
    code: Any = response.find(f"{tag(PROTOCOL, 'Status')}/{tag(PROTOCOL, 'StatusCode')}")
    second = code.find(tag(PROTOCOL, "StatusCode"))
    message = response.findtext(f"{tag(PROTOCOL, 'Status')}/{tag(PROTOCOL, 'StatusMessage')}") or ""
    return code.get("Value"), second.get("Value") if second is not None else "", message


def instant(seconds: float) -> str:
    """So many seconds from now."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


def as_bytes(message: Element | bytes) -> bytes:
    return message if isinstance(message, bytes) else serialize(message)


def deflate(message: Element | bytes) -> bytes:
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    return engine.compress(as_bytes(message)) + engine.flush()
