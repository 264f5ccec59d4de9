"""Logins and logouts at real service providers: begun there and here, by either binding, or refused."""

from __future__ import annotations

import base64
import secrets
import time
from itertools import pairwise
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from playwright.async_api import Browser as Chromium

from idp.custody.certification import CertifiedRing
from keys.certified_key import CertifiedKey
from keys.xml_signature import RSA_SHA256
from protocols.saml.assertion import Envelope, encryption_certificate, success
from protocols.saml.attributes import Attribute
from protocols.saml.entity import Party
from protocols.saml.message import Statement
from protocols.saml.metadata.description import describe
from protocols.saml.name_id import NameID
from protocols.saml.names import PERSISTENT, URI
from protocols.saml.settings import ServiceSettings
from protocols.saml.xml import inflate, parse
from tests.browser import Browser
from tests.clients.chromium import login as sign_in
from tests.clients.saml.conftest import PROGRAMS
from tests.clients.saml.service import UID, Service
from tests.clients.saml.site import Site
from tests.page import Page
from tests.people import ALICE
from tests.server import Server
from tests.service_provider import handover

NAMES = [each.name for each in PROGRAMS]
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"


async def answer(browser: Browser, start: str) -> Page:
    """The page that carries the answer to the service, whatever is asked before."""
    page = await browser.login(start, ALICE, "\0")
    handover(page)
    return page


async def deliver(browser: Browser, page: Page, **changed: str) -> Page:
    """What the service shows to whom the answer brings."""
    form = handover(page)
    return await browser.submit(page, changed, form=form)


def asked(browser: Browser, server: Server) -> str:
    """The address to which the service sent the browser with its request."""
    sent = [page.location for page in browser.seen if page.location is not None]
    return next(each for each in sent if each.startswith(f"{server.url}/saml/sso?"))


def request_id(address: str) -> str:
    raw = parse_qs(urlsplit(address).query)["SAMLRequest"][0]
    return parse(inflate(base64.b64decode(raw))).get("ID", "")


async def test_a_login_that_begins_at_the_service(browser: Browser, server: Server, service: Service) -> None:
    """Its request is signed and its assertion encrypted; a copy of the request is refused by us."""
    page = await answer(browser, service.origin + service.login)
    assert handover(page).action == service.origin + service.consumer
    shown = await deliver(browser, page)
    assert "alice@example.com" in shown.text, f"{shown.status} {shown.text[-2000:]}\n{service.log[-3000:]}"
    address = asked(browser, server)
    assert "&Signature=" in address
    again = await browser.get(address)
    assert again.status == 400
    assert "replayed_request" in again.text
    assert not [form for form in again.forms if "SAMLResponse" in form.fields]


async def test_a_login_that_begins_here(browser: Browser, server: Server, service: Service) -> None:
    page = await answer(browser, f"{server.url}/saml/launch/{service.name}")
    shown = await deliver(browser, page)
    assert "alice@example.com" in shown.text, f"{shown.status} {shown.text[-2000:]}\n{service.log[-3000:]}"


async def test_an_answer_that_another_signed_is_refused_by_the_service(
    browser: Browser, server: Server, service: Service
) -> None:
    """Right in everything else."""
    page = await answer(browser, service.origin + service.login)
    forged = forge(server, service, request_id(asked(browser, server)))
    before = len(service.log)
    shown = await deliver(browser, page, SAMLResponse=base64.b64encode(forged).decode())
    assert "alice@example.com" not in shown.text
    said = shown.text + service.log[before:]
    assert service.distrust in said, said[-4000:]


def forge(server: Server, service: Service, in_response_to: str) -> bytes:
    now = int(time.time())
    section = server.tenant.services[service.name]["saml"]
    file = server.config / section["metadata"]
    settings = ServiceSettings.model_validate({**section, "metadata": str(file)})
    party = Party(service.name, settings, describe(file.read_bytes()).provider)
    issuer, acs = f"{server.url}/saml/metadata", service.origin + service.consumer
    said = Statement(
        id=f"_{secrets.token_hex(20)}",
        issuer=issuer,
        audience=service.entity_id,
        recipient=acs,
        in_response_to=in_response_to,
        name_id=NameID("alice", PERSISTENT, issuer, service.entity_id),
        attributes=(Attribute(UID, URI, "uid", ("alice",)),),
        context_class=PASSWORD,
        session_index="index",
        issued_at=now,
        begins_at=now - 60,
        ends_at=now + 300,
        authenticated_at=now,
        session_ends_at=now + 3600,
    )
    ring = CertifiedRing(signing=(CertifiedKey.generate(RSA_SHA256, "idp", now),))
    return success(
        Envelope(issuer, acs, in_response_to, now), party, ring, said, encryption_certificate(party)
    )


async def test_a_request_posted_across_sites_in_a_real_browser(chromium: Chromium, site: Site) -> None:
    """The form of another site, signed and compressed: a login, then one by the session whose cookie is `Lax`."""
    server, service = site.server, site.services["node"]
    page = await (await chromium.new_context(locale="en")).new_page()
    start = f"{service.origin}/login?binding=post"
    await page.goto(start)
    await page.wait_for_url(f"{server.url}/**")
    await sign_in(page, ALICE)
    await page.wait_for_url(f"{service.origin}/acs")
    assert "mail=alice@example.com" in await page.inner_text("pre")
    visited: list[str] = []
    page.on("request", lambda request: visited.append(f"{request.method} {request.url}"))
    await page.goto(start)
    await page.wait_for_url(f"{service.origin}/acs")
    assert await page.inner_text("#state") == "a&b"
    assert f"POST {server.url}/saml/sso" in visited
    assert not [each for each in visited if "/login" in each and server.url in each], visited


async def enter(browser: Browser, service: Service) -> None:
    page = await browser.login(service.origin + service.login, ALICE, "\0")
    await browser.submit(page, {}, form=handover(page))
    assert await is_known(browser, service)


async def is_known(browser: Browser, service: Service) -> bool:
    """Whether the service still knows the user, without asking us."""
    page = await browser.request("GET", service.origin + service.home)
    return page.status == 200 and ALICE.name in page.text


async def go_on(browser: Browser, page: Page) -> Page:
    """As a browser with script does: forms are sent, and our page goes on to the next service."""
    for _ in range(8):
        forms = [form for form in page.forms if form.fields.keys() & {"SAMLRequest", "SAMLResponse"}]
        links = [each for each in page.links if "logout=" in each]
        if forms:
            page = await browser.submit(page, {}, form=forms[0])
        elif links:
            page = await browser.get(urljoin(page.url, links[0]))
        else:
            break
    return page


@pytest.mark.parametrize(("first", "second"), [*pairwise(NAMES), (NAMES[-1], NAMES[0])])
async def test_a_service_signs_its_user_out_here_and_at_another(
    browser: Browser, server: Server, site: Site, first: str, second: str
) -> None:
    one, other = site.services[first], site.services[second]
    await enter(browser, one)
    await enter(browser, other)
    page = await go_on(browser, await browser.get(one.origin + one.logout))
    assert page.url.startswith(one.origin), f"{page.url} {page.text[-1500:]}\n{one.log[-2000:]}"
    assert not await is_known(browser, one), one.log[-2000:]
    assert not await is_known(browser, other), other.log[-2000:]
    assert (await browser.get(f"{server.url}/saml/launch/{first}")).asked


async def test_signing_out_here_tells_every_service(browser: Browser, server: Server, site: Site) -> None:
    for service in site.services.values():
        await enter(browser, service)
    confirm = await browser.get(f"{server.url}/logout")
    page = await go_on(browser, await browser.submit(confirm, {}, form=confirm.forms[0]))
    assert page.text.count('<li class="done"') == len(NAMES), page.text[-2000:]
    known = [name for name, service in site.services.items() if await is_known(browser, service)]
    assert known == []
