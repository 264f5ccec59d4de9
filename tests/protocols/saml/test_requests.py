"""Requests that are refused, through the front door, each with words on a page of ours and nothing for a service."""

from __future__ import annotations

import asyncio
import re
import time
from base64 import b64encode
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

import pytest
from lxml import etree

from keys.certified_key import CertifiedKey
from keys.xml_signature import ECDSA_SHA256, RSA_SHA1
from protocols.oidc.arrival import URN
from protocols.saml.names import ASSERTION, PROTOCOL, RESPONDER, SUCCESS
from protocols.saml.signature import sign
from protocols.saml.xml import serialize
from tests.browser import Browser
from tests.page import Page
from tests.people import ALICE
from tests.protocols.saml.conftest import Visitor
from tests.relying_party import RelyingParty
from tests.server import Server
from tests.service_provider import ServiceProvider, deflate, handover, instant


@pytest.fixture
async def wiki(visitor: Visitor, signed_in: Browser) -> ServiceProvider:
    return visitor("wiki", signed_in)


@pytest.fixture
async def files(visitor: Visitor, signed_in: Browser) -> ServiceProvider:
    """A service whose metadata says that it signs."""
    return visitor("files", signed_in)


def is_refused(page: Page, fault: str) -> bool:
    """On a page of ours, and nothing is sent anywhere."""
    sent = [form for form in page.forms if "SAMLResponse" in form.fields]
    return page.status == 400 and not sent and f"<code>{fault}</code>" in page.text


async def redirected(
    service: ServiceProvider, request: etree._Element | bytes, signed: bool | None = None
) -> Page:
    return await service.browser.get(service.redirect(request, signed=signed))


async def posted(service: ServiceProvider, message: bytes) -> Page:
    return await service.browser.request("POST", service.sso, service.form(message))


async def test_a_request_is_answered_once(visitor: Visitor, wiki: ServiceProvider) -> None:
    """THREAT_MODEL.md 5: a request ID is used once, also of many copies at once and whoever brings them."""
    address = wiki.redirect(wiki.request())
    pages = await asyncio.gather(*(wiki.browser.get(address) for _ in range(8)))
    assert sorted(page.status for page in pages) == [200, *[400] * 7]
    assert all(is_refused(page, "replayed_request") for page in pages if page.status == 400)
    other = visitor("wiki")
    assert is_refused(await other.browser.login(address, ALICE, "\0"), "replayed_request")


@pytest.mark.parametrize(
    ("seconds", "fault", "words"),
    [
        (-3600, "expired_request", "3600 seconds ago"),
        (3600, "wrong_clock", "3600 seconds ahead"),
        (-330, "", ""),
        (50, "", ""),
    ],
)
async def test_a_request_is_made_now(wiki: ServiceProvider, seconds: int, fault: str, words: str) -> None:
    """THREAT_MODEL.md 5: IssueInstant within the skew; the page says by how much a clock is wrong."""
    page = await redirected(wiki, wiki.request(IssueInstant=instant(seconds)))
    if not fault:
        assert handover(page)
        return
    assert is_refused(page, fault)
    said = re.search(r"(\d+) seconds", page.text)
    assert said is not None
    assert abs(int(said[1]) - int(words.split(maxsplit=1)[0])) < 5


async def test_an_instant_is_a_point_in_time(wiki: ServiceProvider) -> None:
    assert is_refused(await redirected(wiki, wiki.request(IssueInstant="yesterday")), "malformed")


async def test_a_request_for_another_address_is_refused(wiki: ServiceProvider) -> None:
    """THREAT_MODEL.md 5: Destination is checked when it is present."""
    for destination in ("https://other.example.com/saml/sso", f"{wiki.sso}/", wiki.sso.upper()):
        page = await redirected(wiki, wiki.request(Destination=destination))
        assert is_refused(page, "wrong_destination")
    assert handover(await redirected(wiki, wiki.request(Destination=None)))


@pytest.mark.parametrize(
    "acs",
    [
        "https://evil.example.com/acs",
        "{acs}/",
        "{acs}?x=1",
        "{acs}/../acs",
        "{acs}/paos",
        "javascript:alert(1)",
    ],
)
async def test_answers_go_only_where_the_metadata_says(wiki: ServiceProvider, acs: str) -> None:
    """THREAT_MODEL.md 5: the ACS only from metadata, compared as text, and of a binding that we answer by."""
    acs = acs.format(acs=wiki.provider.acs)
    assert is_refused(await redirected(wiki, wiki.request(AssertionConsumerServiceURL=acs)), "unknown_acs")


async def test_an_index_that_the_metadata_lack_is_refused(wiki: ServiceProvider) -> None:
    for index in ("3", "8"):
        request = wiki.request(AssertionConsumerServiceURL=None, AssertionConsumerServiceIndex=index)
        assert is_refused(await redirected(wiki, request), "unknown_acs")


@pytest.mark.parametrize("name", ["gone", "closed"])
async def test_a_service_that_is_disabled_or_gone_gets_nothing(
    server: Server, visitor: Visitor, signed_in: Browser, name: str
) -> None:
    """THREAT_MODEL.md 7: a disabled service gets nothing, SP- or IdP-initiated."""
    service = visitor(name, signed_in)
    assert is_refused(await redirected(service, service.request()), "unknown_service")
    assert is_refused(await signed_in.get(f"{server.url}/saml/launch/{name}"), "unknown_service")


async def test_a_login_that_a_service_does_not_want_begins_nowhere(
    server: Server, wiki: ServiceProvider
) -> None:
    assert (await wiki.browser.get(f"{server.url}/saml/launch/wiki")).status == 404


async def test_what_must_be_signed_is_signed_by_the_key_of_the_metadata(
    visitor: Visitor, files: ServiceProvider, wiki: ServiceProvider
) -> None:
    """THREAT_MODEL.md 2: keys inside a message are never trusted; only keys of stored metadata."""
    own = files.provider.key
    assert is_refused(await redirected(files, files.request(), signed=False), "not_signed")
    strict = visitor("strict", wiki.browser)
    assert is_refused(await redirected(strict, strict.request()), "not_signed")
    stranger = CertifiedKey.generate(ECDSA_SHA256, "sp", int(time.time()))
    request = files.request()
    sign(request, stranger, 1)  # KeyInfo carries the stranger's certificate
    assert is_refused(await posted(files, serialize(request)), "bad_signature")
    try:
        files.provider.key = stranger
        assert is_refused(await redirected(files, files.request()), "bad_signature")
    finally:
        files.provider.key = own
    bare = visitor("bare", wiki.browser)  # whose metadata have no certificate
    assert is_refused(await redirected(bare, bare.request(), signed=True), "bad_signature")


async def test_a_wrong_signature_is_refused_where_none_is_needed(wiki: ServiceProvider) -> None:
    address = wiki.redirect(wiki.request(), "state", signed=True)
    assert handover(await wiki.browser.get(address)).fields["RelayState"] == "state"
    fresh = wiki.redirect(wiki.request(), "state", signed=True)
    assert is_refused(
        await wiki.browser.get(fresh.replace("RelayState=state", "RelayState=other")), "bad_signature"
    )
    assert is_refused(await wiki.browser.get(fresh.partition("&Signature")[0]), "bad_signature")
    request = wiki.request()
    sign(request, wiki.provider.key, 1)
    request.set("ForceAuthn", "true")
    assert is_refused(await posted(wiki, serialize(request)), "bad_signature")


async def test_signatures_by_sha1_and_by_secrets_are_refused(wiki: ServiceProvider) -> None:
    """THREAT_MODEL.md 8: SHA-1 signatures are refused; and a public key is no secret for an HMAC."""
    for method in (RSA_SHA1, "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", "none", ""):
        query = wiki.redirect(wiki.request()) + f"&SigAlg={quote(method, safe='')}&Signature=AAAA"
        page = await wiki.browser.get(query)
        assert is_refused(page, "bad_signature")
        assert "algorithm" in page.text


async def test_encryption_that_cannot_be_done_sends_nothing(visitor: Visitor, signed_in: Browser) -> None:
    """THREAT_MODEL.md 8: encryption is asked for and the SP has no certificate: an error, never plaintext."""
    bare = visitor("bare", signed_in)
    request = bare.request()
    answer = await bare.answer(await redirected(bare, request), request.get("ID"))
    assert answer.status == RESPONDER
    assert b"Assertion " not in answer.raw
    assert b"NameID" not in answer.raw


async def test_a_second_request_inside_the_first_is_refused(
    wiki: ServiceProvider, files: ServiceProvider
) -> None:
    """THREAT_MODEL.md 1: a second request element, two elements of one ID, or a signature elsewhere: refused."""
    inner = serialize(files.request(ID="_same")).decode()
    evil = wiki.request(f"<samlp:Extensions>{inner}</samlp:Extensions>")
    assert is_refused(await redirected(wiki, evil), "malformed")
    twice = wiki.request('<samlp:NameIDPolicy/><samlp:NameIDPolicy Format="urn:x"/>')
    assert is_refused(await redirected(wiki, twice), "malformed")
    same = wiki.request(
        '<samlp:Extensions><x xmlns="urn:x" ID="_a"/><x xmlns="urn:x" ID="_a"/></samlp:Extensions>'
    )
    assert is_refused(await redirected(wiki, same), "malformed")
    signed = files.request(ID="_signed")
    sign(signed, files.provider.key, 1)
    wrapped = files.request(
        f"<samlp:Extensions><x xmlns='urn:x'>{serialize(signed[1]).decode()}</x></samlp:Extensions>"
    )
    assert is_refused(await posted(files, serialize(wrapped)), "bad_signature")


async def test_a_comment_does_not_cut_a_name_short(wiki: ServiceProvider) -> None:
    """THREAT_MODEL.md 3: a comment inside an identifier gives the whole text, never the first text node."""
    raw = serialize(wiki.request())
    name = wiki.provider.entity_id.encode()
    evil = raw.replace(name, name + b"<!-- -->.evil.example")
    assert is_refused(await redirected(wiki, evil), "unknown_service")
    whole = raw.replace(name, name[:20] + b"<!-- x -->" + name[20:])
    assert handover(await redirected(wiki, whole))
    entity = b'<!DOCTYPE x [<!ENTITY e ".evil">]>' + raw.replace(name, name + b"&e;")
    assert is_refused(await redirected(wiki, entity), "malformed")


BOMBS = {
    "declaration": b'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><x/>',
    "entities": b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>',
    "nesting": b"<x>" * 30_000 + b"</x>" * 30_000,
    "deflate": b"<x>" + b" " * 60_000_000 + b"</x>",
    "utf-16": "<!DOCTYPE x><x/>".encode("utf-16"),
    "empty": b"",
    "text": b"hello",
}


@pytest.mark.parametrize("name", BOMBS)
async def test_hostile_xml_is_answered_at_once(server: Server, wiki: ServiceProvider, name: str) -> None:
    """THREAT_MODEL.md 4: DTD, entity, deflate bomb, nesting: answered within 100 ms of work and 50 MB.

    The least work of three: what else a server does from time to time is not the message's.
    """
    form = {"SAMLRequest": b64encode(deflate(BOMBS[name])).decode()}
    memory, costs = server.own_bytes, []
    for _ in range(3):
        before = server.cpu_seconds
        page = await wiki.browser.request("POST", wiki.sso, form)
        assert is_refused(page, "malformed")
        costs.append(server.cpu_seconds - before)
    assert min(costs) <= 0.1
    assert server.own_bytes - memory < 50 * 2**20


@pytest.mark.parametrize(
    "query",
    ["", "SAMLRequest=", "SAMLRequest=%ff", "SAMLRequest=AA&SAMLRequest=AA", "SAMLRequest=!&SAMLEncoding=urn:x",
     "SAMLRequest=A%00A", "SAMLResponse=AA"],
)  # fmt: skip
async def test_an_address_that_is_no_request_is_refused(wiki: ServiceProvider, query: str) -> None:
    assert is_refused(await wiki.browser.get(f"{wiki.sso}?{query}"), "malformed")


@pytest.mark.parametrize(
    "message",
    [
        f'<samlp:LogoutRequest xmlns:samlp="{PROTOCOL}"/>'.encode(),
        f'<samlp:AuthnRequest xmlns:samlp="{PROTOCOL}" ID="_1" Version="2.0"/>'.encode(),
        f'<samlp:AuthnRequest xmlns:samlp="{PROTOCOL}" ID="1 2" Version="2.0" IssueInstant="x"/>'.encode(),
        f'<saml:Issuer xmlns:saml="{ASSERTION}">x</saml:Issuer>'.encode(),
        b"\xff\xfe<x/>",
        b"<x>\xc3</x>",
        b"<x><y></x>",
    ],
)
async def test_a_message_that_is_no_request_is_refused(wiki: ServiceProvider, message: bytes) -> None:
    assert is_refused(await posted(wiki, message), "malformed")


async def test_the_page_with_the_answer_is_strict_and_works_without_script(wiki: ServiceProvider) -> None:
    """THREAT_MODEL.md 9: RelayState escaped, strict CSP without inline script; the form works by button."""
    state = '"><script>alert(1)</script>'
    page = await wiki.browser.get(wiki.redirect(wiki.request(), state))
    form = handover(page)
    assert (form.method, form.action, form.fields["RelayState"]) == ("post", wiki.provider.acs, state)
    assert "<script>alert" not in page.text
    assert '<button class="full">' in page.text
    policy = page.headers["Content-Security-Policy"]
    assert f"form-action {wiki.provider.acs} https:;" in policy
    assert "unsafe" not in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"


async def test_a_stored_request_is_fetched_once_and_only_here(server: Server, visitor: Visitor) -> None:
    """THREAT_MODEL.md 13: what waits at this door is not taken for something that waits at another."""
    wiki = visitor("wiki")

    async def stored() -> tuple[str, str]:
        page = await wiki.browser.request("POST", wiki.sso, wiki.form(wiki.request()), cookies=False)
        assert page.location is not None
        return page.location, page.location.partition("request=")[2]

    address, _ = await stored()
    assert (await wiki.browser.get(address)).asked == "username"
    assert is_refused(await wiki.browser.get(address), "expired_request")
    _, reference = await stored()
    asked = f"{server.url}/oidc/authorize?client_id=wiki&request_uri={URN}{reference}"
    assert "invalid_request_uri" in (await wiki.browser.get(asked)).text
    app = RelyingParty(wiki.browser, server.url)
    begun = urlsplit((await app.begin()).url).query
    await app.http.request("POST", f"{server.url}/oidc/authorize", dict(parse_qsl(begun)), cookies=False)
    waiting = parse_qs(urlsplit(app.http.seen[-1].location or "").query)["request_uri"][0]
    page = await wiki.browser.get(address.partition("=")[0] + f"={waiting.removeprefix(URN)}")
    assert is_refused(page, "expired_request")


async def test_a_refusal_names_the_service_and_stands_in_the_audit_log(
    server: Server, wiki: ServiceProvider
) -> None:
    request = wiki.request()
    answer = await wiki.answer(await redirected(wiki, request), request.get("ID"))
    assert answer.status == SUCCESS
    page = await redirected(wiki, wiki.request(Destination="https://other.example.com/"))
    assert "Service wiki" in page.text
    reference = re.search(r'<code class="code">([0-9A-Z-]{9})</code>', page.text)
    assert reference is not None
    events = server.audit(limit=100)
    refused = next(each for each in events if each["reference"] == reference[1])
    assert (refused["event"], refused["service"]) == ("authn_request.refused", "wiki")
    given = next(each for each in events if each["details"].get("request") == request.get("ID"))
    assert (given["event"], given["service"]) == ("assertion.given", "wiki")
