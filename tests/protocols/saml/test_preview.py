"""`idp saml preview`: what it prints is what a service is sent, and it leaves nothing behind."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from keys.certified_key import CertifiedKey
from protocols.saml.encryption import open_encrypted
from protocols.saml.names import ASSERTION, tag
from protocols.saml.signature import SIGNATURE, verify
from protocols.saml.xml import Element, canonical, parse
from tests.cli.conftest import Office
from tests.config.folder import write
from tests.people import ALICE
from tests.protocols.saml.conftest import Visitor
from tests.protocols.saml.metadata.samples import entity
from tests.server import Server
from tests.service_provider import XMLNS, instant

# Of these there are no two alike; everything else is the same for a login and a preview.
FRESH = ("ID", "SessionIndex", "InResponseTo", "IssueInstant", "AuthnInstant", "NotBefore", "NotOnOrAfter")


@pytest.fixture
def office(server: Server) -> Office:
    return Office(server.config)


def preview(office: Office, service: str, user: str, *words: str, status: int = 0) -> tuple[str, str]:
    """What it prints, and what it says beside that."""
    given = ("--service", service, "--user", user, "--tenant", "demo", *words)
    result = office.run("saml", "preview", *given, status=status)
    return result.stdout, result.stderr


def lasting(assertion: Element) -> bytes:
    """What two assertions of one user for one service have in common."""
    root = parse(etree.tostring(assertion))
    for signature in root.findall(SIGNATURE):
        root.remove(signature)
    for element in root.iter():
        element.text, element.tail = (element.text or "").strip(), None
        for name in (*FRESH, "SessionNotOnOrAfter"):
            element.attrib.pop(name, None)
    return canonical(root)


@pytest.mark.parametrize("service", ["wiki", "mail"])
async def test_it_says_what_a_login_says_and_leaves_nothing(
    service: str, server: Server, visitor: Visitor, office: Office
) -> None:
    """Name, attributes, audience, address and context; a persistent name and one by address."""
    answer = await visitor(service).login(ALICE)
    before = server.audit()
    shown, said = await asyncio.to_thread(preview, office, service, "alice")
    assert answer.assertion is not None
    assert lasting(parse(shown.encode())) == lasting(answer.assertion)
    assert "\n  <saml:Subject>\n" in shown
    assert "Signature" not in shown
    assert said.splitlines()[0] == "rule staff asks for matrix; not denied (services)"
    assert server.audit() == before


def test_what_to_see_to_is_said(office: Office) -> None:
    _, said = preview(office, "mail", "alice")
    assert said.splitlines()[1:] == [
        f"warning: attribute {name} has no value for this user, and is left out"
        for name in ("missing", "nothing")
    ]
    shown, said = preview(office, "bare", "alice")
    assert "warning: nothing would be sent: encryption is wanted" in said
    assert "<saml:NameID" in shown
    assert "encryption is wanted" in preview(office, "bare", "alice", "--wire", status=1)[1]


def test_on_the_wire_it_is_signed_and_encrypted_and_over(office: Office, decryption: CertifiedKey) -> None:
    """Whoever gets hold of what was printed must not be able to sign in with it."""
    shown, _ = preview(office, "mail", "alice", "--wire")
    response = parse(shown.strip().encode())
    certificates: Any = response.xpath("//ds:X509Certificate", namespaces=XMLNS)
    assert verify(response, [base64.b64decode(certificates[0].text)]) is not None
    ends: Any = response.xpath("//saml:Conditions/@NotOnOrAfter", namespaces=XMLNS)
    assert instant(-86400) < ends[0] < instant(-80000)
    shown, _ = preview(office, "files", "alice", "--wire")
    assert "NameID" not in shown
    (sealed,) = parse(shown.strip().encode()).findall(tag(ASSERTION, "EncryptedAssertion"))
    assert open_encrypted(sealed, (decryption,)).tag == tag(ASSERTION, "Assertion")


@pytest.mark.parametrize(
    ("service", "user", "words"),
    [
        ("wikki", "alice", "no service with a saml section is called wikki, did you mean wiki?"),
        ("wiki", "alise", "no user is called alise, did you mean alice?"),
        ("wiki", "zzzzzz", "no user is called zzzzzz\n"),
        ("closed", "alice", "nothing would be sent: closed is disabled"),
        ("denied", "alice", "nothing would be sent: rule denied denies\n"),
    ],
)
def test_where_nothing_would_be_sent_it_says_why(office: Office, service: str, user: str, words: str) -> None:
    shown, said = preview(office, service, user, status=1)
    assert not shown
    assert words in said


def test_an_address_is_one(office: Office) -> None:
    assert "is no IP address" in preview(office, "wiki", "alice", "--address", "here", status=2)[1]
    assert "asks for matrix" in preview(office, "wiki", "alice", "--address", "2001:db8::1")[1]


def test_what_is_wrong_with_metadata_is_said_and_no_keys_are_made(tmp_path: Path) -> None:
    """Not there, then in force where no server ran, then changed so that somebody has to agree."""
    service = "service: wiki\ndisplay_name: {en: Wiki}\nsaml: {metadata: wiki.xml}\n"
    folder = write(tmp_path, idp="doors: [saml]\n", tenants__acme__services__wiki=service)
    (folder / "wiki.xml").write_text(entity())
    office = Office(folder)
    office.run("storage", "migrate")
    words = ("saml", "preview", "--service", "wiki", "--user", "alice")
    assert "refresh wiki" in office.run(*words, status=1).stderr
    office.run("saml", "metadata", "refresh")
    before = office.events()
    assert "no server has run" in office.run(*words, status=1).stderr
    (folder / "wiki.xml").write_text(entity(signed=False))
    office.run("saml", "metadata", "refresh")
    assert "wait for consent, see idp saml metadata diff wiki" in office.run(*words, status=1).stderr
    assert office.events() == [*before, "metadata.waiting"]
