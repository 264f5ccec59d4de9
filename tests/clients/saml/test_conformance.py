"""One real login held against the standard: schemas, three independent verifiers, and the rules of the profile."""

from __future__ import annotations

import asyncio
import base64
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import etree
from signxml import XMLVerifier

from protocols.saml.names import ASSERTION, METADATA, PROTOCOL
from protocols.saml.xml import inflate, parse
from tests.browser import Browser
from tests.clients.saml.pysaml2_client import STATE, PySAML2
from tests.clients.saml.schemas import schema
from tests.clients.saml.service import pem
from tests.clients.saml.site import Site, open_site
from tests.page import Form
from tests.people import ALICE
from tests.service_provider import handover

DS = "http://www.w3.org/2000/09/xmldsig#"
XMLNS = {"md": METADATA, "saml": ASSERTION, "samlp": PROTOCOL, "ds": DS}
ENVELOPED = f"{DS}enveloped-signature"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
SIGNED = ("Response", "Assertion")


class Plain(PySAML2):
    """Its assertions are not encrypted, so that everybody can read them."""

    name = "plain"
    settings: ClassVar[Mapping[str, Any]] = {}


@dataclass
class Login:
    """What went over the wire."""

    site: Site
    address: str  # to which the service sent the browser
    headers: Mapping[str, str]
    form: Form
    shown: str

    @property
    def service(self) -> Plain:
        service = self.site.services["plain"]
        assert isinstance(service, Plain)
        return service

    @property
    def acs(self) -> str:
        return self.service.origin + self.service.consumer

    @property
    def message(self) -> bytes:
        return base64.b64decode(self.form.fields["SAMLResponse"], validate=True)

    @property
    def request_id(self) -> str | None:
        raw = parse_qs(urlsplit(self.address).query)["SAMLRequest"][0]
        return parse(inflate(base64.b64decode(raw))).get("ID")

    def all(self, path: str) -> list[Any]:
        found: Any = etree.fromstring(self.message).xpath(path, namespaces=XMLNS)
        return list(found)

    def one(self, path: str) -> Any:
        found = self.all(path)
        assert len(found) == 1, (path, found)
        return found[0]


@pytest.fixture(scope="module")
def login(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Login]:
    async def sign_in(site: Site) -> Login:
        async with Browser() as browser:
            page = await browser.login(site.services["plain"].origin + Plain.login, ALICE, "\0")
            shown = await browser.submit(page, {}, form=handover(page))
            address = next(each.location for each in browser.seen if each.location)
            return Login(site, address, page.headers, handover(page), shown.text)

    with open_site(tmp_path_factory.mktemp("server"), Plain) as site:
        yield asyncio.run(sign_in(site))


def test_the_answer_and_our_metadata_are_valid_by_the_schemas(login: Login) -> None:
    """saml-schema-protocol-2.0.xsd, saml-schema-metadata-2.0.xsd and what they import, as OpenSAML ships them."""
    protocol = schema("saml-schema-protocol-2.0.xsd")
    protocol.assertValid(etree.fromstring(login.message))
    metadata = schema("saml-schema-metadata-2.0.xsd", "sstc-saml-metadata-ui-v1.0.xsd")
    metadata.assertValid(etree.fromstring(login.site.issuer.metadata))
    broken = etree.fromstring(login.message.replace(b"Version=", b"Vision="))
    assert not protocol.validate(broken)


@pytest.mark.parametrize("element", SIGNED)
def test_xmlsec1_verifies_each_signature(login: Login, tmp_path: Path, element: str) -> None:
    assert xmlsec1(login, tmp_path, element, login.message) == 0
    assert xmlsec1(login, tmp_path, element, login.message.replace(b">alice<", b">malice<")) != 0


def xmlsec1(login: Login, folder: Path, element: str, message: bytes) -> int:
    """The exit status of the program."""
    (folder / "message.xml").write_bytes(message)
    (folder / "idp.crt").write_text(certificate(login))
    ids = [
        word for each in (f"{PROTOCOL}:Response", f"{ASSERTION}:Assertion") for word in ("--id-attr:ID", each)
    ]
    path = f"//*[local-name()='{element}']/*[local-name()='Signature']"
    command = ["xmlsec1", "--verify", "--enabled-key-data", "raw-x509-cert", "--pubkey-cert-pem",
               folder / "idp.crt", *ids, "--node-xpath", path, folder / "message.xml"]  # fmt: skip
    return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode


def certificate(login: Login) -> str:
    return pem("CERTIFICATE", base64.b64decode(login.site.issuer.certificates[0]))


def test_signxml_verifies_the_response_and_nothing_stands_outside_of_it(login: Login) -> None:
    verified = XMLVerifier().verify(login.message, x509_cert=certificate(login), id_attribute="ID")
    signed = verified.signed_xml
    assert signed is not None
    assert signed.tag == f"{{{PROTOCOL}}}Response"
    assert signed.find(f"{{{ASSERTION}}}Assertion") is not None


def test_pysaml2_s_client_took_it(login: Login) -> None:
    assert login.shown == "uid=alice\nmail=alice@example.com\n"


def test_signatures_are_as_the_standard_wants_them(login: Login) -> None:
    """saml-core-2.0 §5.4: each refers to its parent by ID, by two transforms only; none by SHA-1."""
    signatures = login.all("//ds:Signature")
    assert [each.getparent().tag.rpartition("}")[2] for each in signatures] == list(SIGNED)
    for each in signatures:
        (reference,) = each.iter(f"{{{DS}}}Reference")
        assert reference.get("URI") == f"#{each.getparent().get('ID')}"
        assert [one.get("Algorithm") for one in reference.iter(f"{{{DS}}}Transform")] == [
            ENVELOPED,
            EXCLUSIVE,
        ]
        assert each.getprevious().tag == f"{{{ASSERTION}}}Issuer"
    assert b"sha1" not in login.message


def test_identifiers_are_unique_names(login: Login) -> None:
    """saml-core-2.0 §1.3.4: xs:ID, 128 random bits at least."""
    identifiers = login.all("//@ID")
    assert len(set(identifiers)) == len(identifiers) == 2
    assert all(re.fullmatch(r"[A-Za-z_][\w.-]{32,}", each) for each in identifiers)


def test_the_response_says_to_whom_it_goes_and_what_it_answers(login: Login) -> None:
    """saml-core-2.0 §3.2.2, saml-profiles-2.0 §4.1.4.2."""
    issuer = login.site.issuer.entity_id
    assert login.form.action == login.acs == login.one("/samlp:Response/@Destination")
    assert login.one("/samlp:Response/@InResponseTo") == login.request_id
    assert set(login.all("//saml:Issuer/text()")) == {issuer}
    assert login.one("//saml:Assertion/parent::samlp:Response") is not None
    assert login.form.fields["RelayState"] == STATE


def test_the_assertion_is_for_this_bearer_this_service_and_this_moment(login: Login) -> None:
    """saml-profiles-2.0 §4.1.4.2: Recipient, InResponseTo and NotOnOrAfter, no NotBefore; an audience; a session."""
    data = login.one(
        "//saml:SubjectConfirmation[contains(@Method, ':cm:bearer')]/saml:SubjectConfirmationData"
    )
    assert (data.get("Recipient"), data.get("InResponseTo")) == (login.acs, login.request_id)
    assert data.get("NotBefore") is None
    assert login.one("//saml:AudienceRestriction/saml:Audience/text()") == login.service.entity_id
    begins, ends = (moment(login.one(f"//saml:Conditions/@{each}")) for each in ("NotBefore", "NotOnOrAfter"))
    assert begins <= datetime.now(UTC) < ends <= begins + timedelta(minutes=10)
    assert moment(data.get("NotOnOrAfter")) <= ends
    assert login.one("//saml:AuthnStatement/@SessionIndex")
    assert moment(login.one("//saml:AuthnStatement/@AuthnInstant")) <= datetime.now(UTC)


def moment(text: str) -> datetime:
    """saml-core-2.0 §1.3.3: UTC, without a time zone of its own."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def test_nobody_keeps_the_page_with_the_answer(login: Login) -> None:
    """saml-bindings-2.0 §3.5.5.1."""
    assert "no-store" in login.headers["Cache-Control"]


def test_our_metadata_has_what_services_look_for(login: Login) -> None:
    """saml-metadata-2.0 §2.4.3: signing keys, both bindings, name formats."""
    root = etree.fromstring(login.site.issuer.metadata)
    found: Any = root.xpath("//md:SingleSignOnService/@Binding", namespaces=XMLNS)
    assert sorted(each.rpartition(":")[2] for each in found) == ["HTTP-POST", "HTTP-Redirect"]
    verified = XMLVerifier().verify(
        login.site.issuer.metadata, x509_cert=certificate(login), id_attribute="ID"
    )
    assert verified.signed_xml is not None
