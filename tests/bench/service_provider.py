"""A lean service provider: what it is told is checked, signatures only where asked for."""

from __future__ import annotations

import base64
import secrets
import time
import zlib
from typing import Any
from urllib.parse import quote, urlencode

from lxml import etree
from signxml import XMLVerifier

from tests.bench.browser import Answered, Browser, Failed
from tests.bench.target import Target
from tests.bench.walk import forms, walk

ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion"
PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
SUCCESS = b"urn:oasis:names:tc:SAML:2.0:status:Success"
XMLNS = {"ds": "http://www.w3.org/2000/09/xmldsig#", "md": "urn:oasis:names:tc:SAML:2.0:metadata"}
CERTIFICATE = "//md:IDPSSODescriptor/md:KeyDescriptor[not(@use='encryption')]//ds:X509Certificate/text()"


class ServiceProvider:
    """It asks for a signed response with a signed assertion, by the Redirect binding."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._certificate = ""

    async def discover(self, browser: Browser) -> None:
        metadata = (await browser.send("GET", self.target.metadata)).body.encode()
        found: Any = etree.fromstring(metadata).xpath(CERTIFICATE, namespaces=XMLNS)
        der = base64.b64decode(found[0])
        self._certificate = (
            f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(der).decode()}-----END CERTIFICATE-----\n"
        )

    async def login(self, browser: Browser, number: int, *, asked: bool = True, verify: bool = False) -> None:
        """Up to the form that would go to the service. Raises `Failed`."""
        identifier = f"_{secrets.token_hex(16)}"
        query = {"SAMLRequest": self._request(identifier), "RelayState": identifier}
        url = f"{self.target.sso}?{urlencode(query, quote_via=quote)}"
        page = await walk(browser, self.target, url, number, asked, is_answer)
        action, fields = next(each for each in forms(page) if "SAMLResponse" in each[1])
        if action != self.target.acs or fields.get("RelayState") != identifier:
            raise Failed(f"the answer goes to {action} with {fields.get('RelayState')}")
        message = base64.b64decode(fields["SAMLResponse"])
        signatures = message.count(b"SignatureValue>") // 2
        if SUCCESS not in message or identifier.encode() not in message or signatures != 2:
            raise Failed(f"{signatures} signatures in {message[:300]!r}")
        if verify:
            self._verify(message)

    def _request(self, identifier: str) -> str:
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time()))
        text = (
            f'<samlp:AuthnRequest xmlns:samlp="{PROTOCOL}" xmlns:saml="{ASSERTION}" ID="{identifier}" Version="2.0" '
            f'IssueInstant="{at}" Destination="{self.target.sso}" ProtocolBinding="{POST}" '
            f'AssertionConsumerServiceURL="{self.target.acs}"><saml:Issuer>{self.target.entity_id}</saml:Issuer>'
            f'<samlp:NameIDPolicy Format="{TRANSIENT}" AllowCreate="true"/></samlp:AuthnRequest>'
        )
        engine = zlib.compressobj(9, zlib.DEFLATED, -15)
        return base64.b64encode(engine.compress(text.encode()) + engine.flush()).decode()

    def _verify(self, message: bytes) -> None:
        """By another implementation than the server's."""
        verified = XMLVerifier().verify(message, x509_cert=self._certificate, id_attribute="ID")
        signed = (verified[0] if isinstance(verified, list) else verified).signed_xml
        audience = signed.findtext(f".//{{{ASSERTION}}}Audience") if signed is not None else None
        if audience != self.target.entity_id:
            raise Failed(f"the audience is {audience}")


def is_answer(page: Answered) -> bool:
    return "SAMLResponse" in page.body
