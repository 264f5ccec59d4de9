"""`/saml/slo` and `/saml/slo/soap`: either side ends a session, and everybody hears how that went."""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urljoin

import aiohttp
import pytest
import saml2.xml.schema

from keys.certified_key import CertifiedKey
from keys.xml_encryption import AES256_GCM
from protocols.saml.encryption import encrypt, open_encrypted
from protocols.saml.envelope import status_of
from protocols.saml.logout_message import ENCRYPTED_ID, NAME_ID
from protocols.saml.names import (
    METADATA,
    PARTIAL_LOGOUT,
    PROTOCOL,
    REQUESTER,
    RESPONDER,
    SUCCESS,
    UNKNOWN_PRINCIPAL,
    tag,
)
from protocols.saml.signature import sign
from protocols.saml.xml import Element, parse, serialize
from tests.browser import Browser
from tests.logging_out import SOAP_ENVELOPE, Leaver, Listener, message, opened, response
from tests.page import Page
from tests.people import ALICE
from tests.protocols.saml.channels.conftest import IRIS
from tests.server import Server, eventually
from tests.service_provider import Answer, Provider, instant

WHOLE = (SUCCESS, "")
PARTLY = (SUCCESS, PARTIAL_LOGOUT)
NOBODY = (REQUESTER, UNKNOWN_PRINCIPAL)
SESSION_INDEX = "saml:AuthnStatement/@SessionIndex"
Entered = list[tuple[Leaver, Answer]]
Enter = Callable[..., Awaitable[Entered]]


@pytest.fixture
def enter(site: Server, providers: dict[str, Provider], browser: Browser) -> Enter:
    """Alice goes to these services one after the other; gives each with its assertion."""

    async def go(*names: str, into: Browser = browser) -> Entered:
        leavers = [Leaver(into, providers[name], site.url) for name in names]
        return [(each, await each.login(ALICE)) for each in leavers]

    return go


async def is_signed_in(leaver: Leaver) -> bool:
    """Whether the identity provider knows the browser still."""
    page = await leaver.browser.get(leaver.redirect(leaver.request()))
    return not page.asked


async def portal_logout(site: Server, browser: Browser) -> Page:
    """From our own page, up to where the browser would leave us."""
    page = await browser.get(f"{site.url}/logout")
    return await browser.submit(page, {}, stop="https://", form=page.forms[0])


def results(page: Page) -> dict[str, str]:
    """By service, as the page shows them."""
    rows = page.text.split('<li class="')[1:]
    return {row.split("Service ")[1].split("<")[0]: row.split('"')[0] for row in rows}


def indexes(listener: Listener, name: str) -> set[str | None]:
    """The sessions of which a service was told by the back channel; what took long is told again."""
    return {opened(body).findtext(tag(PROTOCOL, "SessionIndex")) for body in listener.told.get(name, ())}


async def go_on(page: Page, browser: Browser) -> Page:
    """The button that goes to the next service."""
    link = next(each for each in page.links if "logout=" in each)
    return await browser.get(urljoin(page.url, link), stop="https://")


async def reply(leaver: Leaver, asked: Element, code: str = SUCCESS, signed: bool = True) -> Page:
    """The service sends the browser back, up to where it would leave us again."""
    content = response(leaver.provider, asked, code, Destination=leaver.slo)
    address = leaver.address("SAMLResponse", content, signed=signed)
    return await leaver.browser.get(address, stop="https://")


def next_of(page: Page, *leavers: Leaver) -> Leaver:
    """The service that the browser is sent to with a request; the order of services is nobody's business."""
    forms = [form.action for form in page.forms if "SAMLRequest" in form.fields]
    target = page.location or next(iter(forms), "")
    assert "SAMLRequest" in target or forms, f"{page.status} {page.url} {page.text[-1500:]}"
    return next(each for each in leavers if target.startswith(each.provider.logout[-1][1]))


async def walk(page: Page, *leavers: Leaver, code: str = SUCCESS) -> Page:
    """Each of them answers; up to what comes then."""
    for _ in leavers:
        leaver = next_of(page, *leavers)
        asked, _relay = await leaver.heard(page, "SAMLRequest")
        saml2.xml.schema.validate(serialize(asked).decode())
        page = await reply(leaver, asked, code)
    return page


def judge(tmp_path: Path, content: Element, certificate: bytes) -> None:
    """By the schemas of the standard, and the signature by the xmlsec1 program."""
    raw = serialize(content)
    saml2.xml.schema.validate(raw.decode())
    (tmp_path / "message.xml").write_bytes(raw)
    (tmp_path / "certificate.der").write_bytes(certificate)
    name = content.tag.partition("}")[2]
    done = subprocess.run(
        ["xmlsec1", "--verify", "--enabled-key-data", "raw-x509-cert", "--pubkey-cert-der",
         tmp_path / "certificate.der", "--id-attr:ID", f"{PROTOCOL}:{name}", tmp_path / "message.xml"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


async def test_the_only_service_signs_the_user_out_and_hears_that_it_is_done(enter: Enter) -> None:
    """By Redirect; RelayState comes back; no page is shown where there is nothing to know."""
    ((wiki, login),) = await enter("wiki")
    page = await wiki.sign_out(login, relay_state="a&b=ü")
    assert await wiki.answered(page) == (WHOLE, "a&b=ü")
    assert not await is_signed_in(wiki)


async def test_a_request_posted_from_another_site_does_the_same(enter: Enter, tmp_path: Path) -> None:
    """By POST, without cookies first; the answer is posted too, and xmlsec1 verifies it."""
    ((files, login),) = await enter("files")
    form = files.fields("SAMLRequest", files.logout_request(login, Destination=files.slo), "state")
    page = await files.browser.request("POST", files.slo, form, cookies=False)
    assert page.location is not None
    assert "Set-Cookie" not in page.headers
    page = await files.browser.get(page.location)
    assert await files.answered(page) == (WHOLE, "state")
    form_back = next(each for each in page.forms if "SAMLResponse" in each.fields)
    raw = base64.b64decode(form_back.fields["SAMLResponse"])
    judge(tmp_path, parse(raw), (await files.certificates())[0])
    assert not await is_signed_in(files)


async def test_the_browser_goes_through_every_other_service_and_then_back(
    enter: Enter,
) -> None:
    """Redirect and POST; the page shows where it stands, and the one that asked hears Success."""
    (wiki, login), (files, _), (chat, _) = await enter("wiki", "files", "chat")
    page = await wiki.sign_out(login, relay_state="state")
    assert results(page) == {"wiki": "done", "files": "waiting", "chat": "waiting"}
    page = await walk(await go_on(page, wiki.browser), files, chat)
    assert await wiki.answered(page) == (WHOLE, "state")
    assert not await is_signed_in(wiki)


async def test_each_service_hears_the_names_that_it_was_given_and_no_others(enter: Enter) -> None:
    """NameID and SessionIndex of that service; one that knows the user by two names is asked about both."""
    (wiki, login), (chat, first), (_, second) = await enter("wiki", "chat", "chat")
    page = await go_on(await wiki.sign_out(login), wiki.browser)
    heard = []
    for _ in range(2):
        asked, _relay = await chat.heard(page, "SAMLRequest")
        name = asked.findtext(tag("urn:oasis:names:tc:SAML:2.0:assertion", "NameID"))
        heard.append((name, asked.findtext(tag(PROTOCOL, "SessionIndex"))))
        page = await reply(chat, asked)
    known = [(each.name_id, each.text("saml:AuthnStatement/@SessionIndex")) for each in (first, second)]
    assert sorted(heard) == sorted(known)
    assert (await wiki.answered(page))[0] == WHOLE


async def test_a_service_that_says_no_is_shown_and_the_answer_is_partial(enter: Enter) -> None:
    (wiki, login), (files, _), (_mute, _) = await enter("wiki", "files", "mute")
    page = await go_on(await wiki.sign_out(login), wiki.browser)
    asked, _ = await files.heard(page, "SAMLRequest")
    page = await reply(files, asked, RESPONDER)
    assert results(page) == {"wiki": "done", "files": "failed", "mute": "unsupported"}
    page = await go_on(page, wiki.browser)
    assert (await wiki.answered(page))[0] == PARTLY


async def test_a_browser_that_gives_up_loses_nothing(site: Server, enter: Enter) -> None:
    """The session is over before the first step; the page says which service never answered, and goes on."""
    (wiki, _), (chat, _) = await enter("wiki", "chat")
    page = await portal_logout(site, wiki.browser)
    assert results(page) == {"wiki": "waiting", "chat": "waiting"}
    assert not await is_signed_in(wiki)
    silent = next_of(await go_on(page, wiki.browser), wiki, chat)
    other = chat if silent is wiki else wiki
    page = await wiki.browser.get(page.url)
    assert results(page) == {silent.provider.name: "asked", other.provider.name: "waiting"}
    page = await walk(await go_on(page, wiki.browser), other)
    assert results(page) == {silent.provider.name: "asked", other.provider.name: "done"}


async def test_an_answer_that_nobody_signed_changes_nothing_and_the_browser_goes_on(
    site: Server, enter: Enter
) -> None:
    """THREAT_MODEL.md 7: logout requests are authenticated, and so are the answers to ours."""
    (wiki, _), (chat, _) = await enter("wiki", "chat")
    page = await go_on(await portal_logout(site, wiki.browser), wiki.browser)
    first = next_of(page, wiki, chat)
    other = chat if first is wiki else wiki
    asked, _ = await first.heard(page, "SAMLRequest")
    forged = await reply(other, asked)  # signed, but not by the service that was asked
    assert forged.status == 400
    page = await walk(await reply(first, asked, signed=False), other)
    assert results(page) == {first.provider.name: "asked", other.provider.name: "done"}


async def test_a_service_with_a_back_channel_is_told_without_the_browser(
    enter: Enter, listener: Listener, tmp_path: Path
) -> None:
    """By SOAP, signed; xmlsec1 and the schema agree with the message."""
    (wiki, login), (desk, other) = await enter("wiki", "desk")
    listener.told.clear()
    page = await wiki.sign_out(login)
    assert (await wiki.answered(page))[0] == WHOLE
    body = listener.told["desk"][-1]
    asked = opened(body)
    judge(tmp_path, asked, (await desk.certificates())[0])
    assert asked.findtext(tag(PROTOCOL, "SessionIndex")) == other.text("saml:AuthnStatement/@SessionIndex")


@pytest.mark.parametrize("code", ["down", RESPONDER], ids=["unreachable", "refusing"])
async def test_a_service_that_cannot_be_reached_is_tried_again_and_the_answer_is_partial(
    site: Server, enter: Enter, listener: Listener, code: str
) -> None:
    (wiki, login), _ = await enter("wiki", "desk")
    listener.codes["desk"] = code
    try:
        page = await wiki.sign_out(login)
        assert results(page)["desk"] == "pending"
        assert (await wiki.answered(await go_on(page, wiki.browser)))[0] == PARTLY
    finally:
        listener.codes.clear()
    assert [each for each in site.pending() if each["service"] == "desk"]


async def test_what_the_back_channel_does_not_reach_the_browser_tells(
    enter: Enter, listener: Listener, site: Server
) -> None:
    """A service that takes both; once the browser brought its answer nothing is tried again."""
    (wiki, login), (both, _) = await enter("wiki", "both")
    listener.codes["both"] = "down"
    try:
        page = await go_on(await wiki.sign_out(login), wiki.browser)
        asked, _ = await both.heard(page, "SAMLRequest")
        assert (await wiki.answered(await reply(both, asked)))[0] == WHOLE
    finally:
        listener.codes.clear()
    assert [each for each in site.pending() if each["service"] == "both"] == []


async def test_an_administrator_ends_a_session_and_the_back_channel_says_so(
    site: Server, enter: Enter, listener: Listener
) -> None:
    """The service hears its own session index."""
    listener.told.clear()
    ((desk, login),) = await enter("desk")
    (sid,) = [
        each["sid"]
        for each in json.loads(site.cli("session", "list", "alice", "--tenant", "demo", "--json"))
        if "desk" in each["services"]
    ][-1:]
    site.cli("session", "end", sid, "--tenant", "demo")
    await eventually(lambda: login.text(SESSION_INDEX) in indexes(listener, "desk"))
    assert not await is_signed_in(desk)


async def test_a_user_who_is_disabled_is_signed_out_at_the_services_that_can_be_told(
    site: Server, browser: Browser, providers: dict[str, Provider], listener: Listener
) -> None:
    desk = Leaver(browser, providers["desk"], site.url)
    login = await desk.login(IRIS)
    listener.told.clear()
    site.cli("user", "disable", IRIS.name, "--tenant", "demo")
    await eventually(lambda: login.text(SESSION_INDEX) in indexes(listener, "desk"))


async def test_a_name_that_is_given_encrypted_is_spoken_of_encrypted(
    site: Server, enter: Enter, decryption: CertifiedKey
) -> None:
    """THREAT_MODEL.md 8: never plaintext. The service may encrypt it too."""
    ((vault, login),) = await enter("vault")
    asked, _ = await vault.heard(
        await go_on(await portal_logout(site, vault.browser), vault.browser), "SAMLRequest"
    )
    assert login.name_id not in serialize(asked).decode()
    hidden = asked.find(ENCRYPTED_ID)
    assert hidden is not None
    assert open_encrypted(hidden, (decryption,)).text == login.name_id
    ((vault, login),) = await enter("vault")
    own = vault.logout_request(login)
    name = own.find(NAME_ID)
    assert name is not None
    page = await vault.browser.get(f"{site.url}/saml/metadata")
    (ours,) = [
        each
        for each in parse(page.body).iter(tag(METADATA, "KeyDescriptor"))
        if each.get("use") == "encryption"
    ]
    certificate = base64.b64decode("".join(map(str, ours.itertext())))
    own.replace(name, encrypt(name, "EncryptedID", certificate, AES256_GCM))
    page = await vault.browser.get(vault.address("SAMLRequest", own), stop="https://")
    assert (await vault.answered(page))[0] == WHOLE


async def test_a_service_ends_a_session_by_soap(site: Server, enter: Enter, tmp_path: Path) -> None:
    """The answer is signed, and says that those whom only a browser could tell were not told."""
    ((desk, login),) = await enter("desk")
    code, said = await desk.post_soap("/saml/slo/soap", desk.logout_request(login))
    assert (code, status_of(said)) == (200, WHOLE)
    judge(tmp_path, said, (await desk.certificates())[0])
    assert not await is_signed_in(desk)
    (desk, login), _ = await enter("desk", "wiki")
    assert status_of((await desk.post_soap("/saml/slo/soap", desk.logout_request(login)))[1]) == PARTLY
    assert not await is_signed_in(desk)


async def test_without_a_session_index_every_session_of_the_user_ends(
    enter: Enter, site: Server, providers: dict[str, Provider]
) -> None:
    """saml-core-2.0 §3.7.3.2; in other browsers too."""
    ((desk, login),) = await enter("desk")
    async with Browser() as other:
        ((elsewhere, _),) = await enter("desk", into=other)
        code, said = await desk.post_soap("/saml/slo/soap", desk.logout_request(login, indexes=0))
        assert (code, status_of(said)) == (200, WHOLE)
        assert not await is_signed_in(desk)
        assert not await is_signed_in(elsewhere)


async def test_requests_that_nobody_signed_or_another_are_refused(
    enter: Enter, providers: dict[str, Provider]
) -> None:
    """THREAT_MODEL.md 7: logout requests are authenticated."""
    ((wiki, login),) = await enter("wiki")
    stranger = Leaver(wiki.browser, Provider("wiki"), wiki.issuer)  # the same name, another key
    stale = wiki.logout_request(login, IssueInstant=instant(-3600))
    elsewhere = wiki.logout_request(login, Destination="https://other.example.com/slo")
    over = wiki.logout_request(login, NotOnOrAfter=instant(-600))
    refused = [
        wiki.address("SAMLRequest", wiki.logout_request(login), signed=False),
        stranger.address("SAMLRequest", wiki.logout_request(login)),
        *(wiki.address("SAMLRequest", each) for each in (stale, elsewhere, over)),
        wiki.address("SAMLRequest", wiki.logout_request(login)).replace("SigAlg", "sigalg"),
    ]
    for address in refused:
        assert (await wiki.browser.get(address, stop="https://")).status == 400
    code, said = await wiki.post_soap("/saml/slo/soap", wiki.logout_request(login), signed=False)
    assert (code, said.tag) == (403, tag(SOAP_ENVELOPE, "Fault"))
    assert await is_signed_in(wiki)


async def test_a_request_is_good_once(enter: Enter) -> None:
    """THREAT_MODEL.md 5: a request ID is used once."""
    ((desk, login),) = await enter("desk")
    request = desk.logout_request(login, indexes=0)
    sign(request, desk.provider.key, 1)
    raw = serialize(request)
    assert status_of((await desk.post_soap("/saml/slo/soap", raw))[1]) == WHOLE
    await enter("desk")
    assert (await desk.post_soap("/saml/slo/soap", raw))[0] == 403
    assert await is_signed_in(desk)


async def test_a_service_speaks_of_its_own_sessions_only(enter: Enter, browser: Browser) -> None:
    """THREAT_MODEL.md 7: with another's session index, or of somebody else, nothing ends."""
    (wiki, login), (desk, own) = await enter("wiki", "desk")
    _, said = await desk.post_soap("/saml/slo/soap", desk.logout_request(login))
    assert status_of(said) == NOBODY
    mixed = desk.logout_request(own)
    found = mixed.find(tag(PROTOCOL, "SessionIndex"))
    assert found is not None
    found.text = login.text("saml:AuthnStatement/@SessionIndex")
    assert status_of((await desk.post_soap("/saml/slo/soap", mixed))[1]) == NOBODY
    renamed = desk.logout_request(own)
    name = renamed.find(NAME_ID)
    assert name is not None
    name.text = "somebody else"
    assert status_of((await desk.post_soap("/saml/slo/soap", renamed))[1]) == NOBODY
    inside = "<saml:NameID>nobody</saml:NameID>"
    unknown = message(desk.provider, "LogoutRequest", inside)
    assert status_of((await desk.post_soap("/saml/slo/soap", unknown))[1]) == NOBODY
    page = await wiki.browser.get(
        wiki.address("SAMLRequest", message(wiki.provider, "LogoutRequest", inside)), stop="https://"
    )
    assert (await wiki.answered(page))[0] == NOBODY
    assert await is_signed_in(wiki)


async def test_the_certificate_that_the_proxy_saw_authenticates_too(enter: Enter) -> None:
    """TLS client authentication with a key of the metadata (saml-bindings-2.0 §3.2.2)."""
    ((desk, login),) = await enter("desk")
    other = Provider("other").key.certificate
    for certificate, expected in ((other, 403), (desk.provider.key.certificate, 200)):
        headers = {"Client-Cert": f":{base64.b64encode(certificate).decode()}:"}
        request = desk.logout_request(login)
        code, _ = await desk.post_soap("/saml/slo/soap", request, signed=False, headers=headers)
        assert code == expected


async def test_a_round_is_for_the_browser_that_began_it(site: Server, enter: Enter) -> None:
    """THREAT_MODEL.md 13: who has the address of another's round sees no service of his, and answers nobody."""
    (wiki, _), _ = await enter("wiki", "chat")
    page = await portal_logout(site, wiki.browser)
    token = page.url.partition("logout=")[2]
    async with Browser() as thief:
        for path in ("/logout/services", "/saml/slo/ask", "/saml/slo/answer"):
            seen = await thief.get(f"{site.url}{path}?logout={token}", stop="https://")
            assert seen.location is None
            assert "Service" not in seen.text
        assert (await thief.get(f"{site.url}/saml/sso/continue?request={token}")).status == 400
        assert (await thief.get(f"{site.url}/saml/slo/continue?request={token}")).status == 400
    assert results(await wiki.browser.get(page.url)) == {"wiki": "waiting", "chat": "waiting"}


async def test_of_many_copies_of_an_answer_one_counts(site: Server, enter: Enter) -> None:
    """THREAT_MODEL.md 15: the browser's round goes on once."""
    (wiki, _), (chat, _) = await enter("wiki", "chat")
    page = await go_on(await portal_logout(site, wiki.browser), wiki.browser)
    first = next_of(page, wiki, chat)
    asked, _ = await first.heard(page, "SAMLRequest")
    address = first.address("SAMLResponse", response(first.provider, asked))
    pages = await asyncio.gather(*(wiki.browser.request("GET", address) for _ in range(10)))
    assert sorted(each.status for each in pages) == [303] + [400] * 9


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<x/>",
        b"<!DOCTYPE x []><x/>",
        f'<S:Envelope xmlns:S="{SOAP_ENVELOPE}"><S:Body/></S:Envelope>'.encode(),
        f'<S:Envelope xmlns:S="{SOAP_ENVELOPE}"><S:Body><a/><b/></S:Body></S:Envelope>'.encode(),
        f'<S:Envelope xmlns:S="{SOAP_ENVELOPE}"><S:Header><h S:mustUnderstand="1"/></S:Header>'
        "<S:Body><a/></S:Body></S:Envelope>".encode(),
        f'<S:Envelope xmlns:S="{SOAP_ENVELOPE}"><S:Body><a/></S:Body></S:Envelope>'.encode(),
        b"<a>" * 2000 + b"</a>" * 2000,
    ],
    ids=["empty", "no envelope", "doctype", "no message", "two", "header", "another", "deep"],
)
@pytest.mark.parametrize("path", ["/saml/slo/soap", "/saml/artifact", "/saml/ecp"])
async def test_envelopes_that_say_nothing_are_faults(
    site: Server, browser: Browser, path: str, body: bytes
) -> None:
    """THREAT_MODEL.md 4: no document type, no depth."""
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{site.url}{path}", data=body, headers={"Content-Type": "text/xml"}) as answer,
    ):
        assert answer.status == 500
        assert opened(await answer.read()).tag == tag(SOAP_ENVELOPE, "Fault")
    assert not [each for each in site.events if each.get("event") == "defect"]


@pytest.mark.parametrize("path", ["/saml/slo/soap", "/saml/artifact", "/saml/ecp"])
async def test_an_envelope_that_is_too_long_is_not_read(site: Server, path: str) -> None:
    """THREAT_MODEL.md 4: no length."""
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{site.url}{path}", data=b"x" * 300_000, headers={"Content-Type": "text/xml"}) as answer,
    ):
        assert answer.status == 413
    assert not [each for each in site.events if each.get("event") == "defect"]


async def test_the_metadata_says_where(site: Server, providers: dict[str, Provider]) -> None:
    async with Browser() as one:
        page = await one.get(f"{site.url}/saml/metadata")
    saml2.xml.schema.validate(page.text)
    root = parse(page.body)
    found = {
        (
            str(each.tag).partition("}")[2],
            (each.get("Binding") or "").rpartition(":")[2],
            each.get("Location"),
        )
        for each in root.iter()
        if each.get("Binding")
    }
    assert found >= {
        ("ArtifactResolutionService", "SOAP", f"{site.url}/saml/artifact"),
        ("SingleLogoutService", "HTTP-Redirect", f"{site.url}/saml/slo"),
        ("SingleLogoutService", "HTTP-POST", f"{site.url}/saml/slo"),
        ("SingleLogoutService", "SOAP", f"{site.url}/saml/slo/soap"),
        ("SingleSignOnService", "SOAP", f"{site.url}/saml/ecp"),
    }
