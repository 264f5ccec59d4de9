"""`/saml/sso` through the front door: logins as service providers begin and end them."""

from __future__ import annotations

import time
from base64 import b64decode, b64encode

import pytest
import saml2.xml.schema

from idp.assurance import MULTI, SINGLE
from keys.certified_key import ends_at
from keys.xml_encryption import AES256_GCM
from protocols.saml.encryption import encrypt
from protocols.saml.names import (
    ASSERTION,
    EMAIL,
    INVALID_NAME_ID_POLICY,
    NO_AUTHN_CONTEXT,
    NO_PASSIVE,
    PERSISTENT,
    REQUEST_DENIED,
    REQUESTER,
    RESPONDER,
    SUCCESS,
    TRANSIENT,
    UNKNOWN_PRINCIPAL,
    UNSPECIFIED,
    UNSUPPORTED_BINDING,
    VERSION_MISMATCH,
)
from protocols.saml.xml import parse, serialize
from tests.browser import Browser
from tests.people import ALICE, PATTERN, Person
from tests.protocols.saml.conftest import Visitor
from tests.server import Server
from tests.service_provider import Answer, ServiceProvider, deflate, handover

ERIN = Person("erin", pattern=PATTERN)
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
LONG = "https://wiki.example.com/deep?q=<\"'&>" + "é" * 500


def policy(name_id: str, create: str = "true") -> str:
    return f'<samlp:NameIDPolicy Format="{name_id}" AllowCreate="{create}"/>'


def contexts(*classes: str, comparison: str = "exact") -> str:
    named = "".join(f"<saml:AuthnContextClassRef>{each}</saml:AuthnContextClassRef>" for each in classes)
    return f'<samlp:RequestedAuthnContext Comparison="{comparison}">{named}</samlp:RequestedAuthnContext>'


async def ask(service: ServiceProvider, inside: str = "", **attributes: str | None) -> Answer:
    """A request in a browser that needs not be asked anything."""
    request = service.request(inside, **attributes)
    page = await service.browser.get(service.redirect(request))
    return await service.answer(page, request.get("ID"))


@pytest.fixture
async def wiki(visitor: Visitor, signed_in: Browser) -> ServiceProvider:
    """The wiki in a browser in which alice is signed in."""
    return visitor("wiki", signed_in)


async def test_a_login_by_redirect_names_the_user_and_brings_relay_state_back(visitor: Visitor) -> None:
    answer = await visitor("wiki").login(ALICE, relay_state=LONG)
    assert answer.status == SUCCESS, answer.message
    assert answer.relay_state == LONG
    assert answer.text("saml:Subject/saml:NameID/@Format") == PERSISTENT
    assert answer.text("saml:AuthnStatement/saml:AuthnContext/saml:AuthnContextClassRef") == PASSWORD
    assert answer.all("saml:AttributeStatement") == []


async def test_a_request_posted_by_another_site_finds_the_session(
    visitor: Visitor, wiki: ServiceProvider
) -> None:
    """A cross-site POST brings no SameSite=Lax cookie: the browser comes back with it, and nothing is asked."""
    request = wiki.request()
    answer = await wiki.answer(await wiki.post(wiki.form(request, LONG)), request.get("ID"))
    assert (answer.status, answer.relay_state) == (SUCCESS, LONG)
    fresh = visitor("wiki")
    request = fresh.request()
    answer = await fresh.answer(await fresh.post(fresh.form(request), ALICE), request.get("ID"))
    assert answer.status == SUCCESS


async def test_a_form_of_our_own_site_is_answered_at_once(wiki: ServiceProvider) -> None:
    request = wiki.request()
    page = await wiki.browser.request("POST", wiki.sso, wiki.form(request))
    assert (await wiki.answer(page, request.get("ID"))).status == SUCCESS


async def test_a_posted_request_may_be_compressed(wiki: ServiceProvider) -> None:
    """node-saml does it unless it is told not to."""
    request = wiki.request()
    form = {"SAMLRequest": b64encode(deflate(request)).decode()}
    assert (await wiki.answer(await wiki.post(form), request.get("ID"))).status == SUCCESS


async def test_signed_requests_by_either_binding_are_answered_encrypted(
    visitor: Visitor, signed_in: Browser
) -> None:
    files = visitor("files", signed_in)
    answer = await ask(files)
    assert answer.status == SUCCESS
    assert b"NameID" not in answer.raw
    assert answer.name_id
    request = files.request()
    answer = await files.answer(await files.post(files.form(request)), request.get("ID"))
    assert answer.status == SUCCESS


async def test_a_persistent_name_is_of_one_user_at_one_service_until_it_is_renewed(
    server: Server, visitor: Visitor, wiki: ServiceProvider
) -> None:
    first, again = (await ask(wiki)).name_id, (await ask(wiki)).name_id
    erin = (await visitor("wiki").login(ERIN)).name_id
    elsewhere = await ask(visitor("mail", wiki.browser), policy(PERSISTENT))
    server.cli("pseudonym", "renew", "alice", "wiki", "--tenant", "demo")
    renewed = (await ask(wiki)).name_id
    assert first == again
    assert len({first, erin, elsewhere.name_id, renewed}) == 4
    assert elsewhere.text("saml:Subject/saml:NameID/@SPNameQualifier") == "https://mail.example.com/metadata"


async def test_names_of_the_other_formats(visitor: Visitor, wiki: ServiceProvider) -> None:
    mail = await ask(visitor("mail", wiki.browser))
    assert (mail.name_id, mail.text("saml:Subject/saml:NameID/@Format")) == ("alice@example.com", EMAIL)
    one, two = [await ask(visitor("transient", wiki.browser)) for _ in range(2)]
    assert one.name_id != two.name_id
    assert one.text("saml:Subject/saml:NameID/@Format") == TRANSIENT
    strict = visitor("strict", wiki.browser)
    request = strict.request(policy(UNSPECIFIED))
    page = await strict.browser.get(strict.redirect(request, signed=True))
    assert (await strict.answer(page, request.get("ID"))).name_id == "alice"


async def test_a_format_that_tells_more_than_the_administrator_allowed_is_refused(
    wiki: ServiceProvider,
) -> None:
    for inside in (policy(EMAIL), policy("urn:x"), '<samlp:NameIDPolicy SPNameQualifier="urn:other"/>'):
        answer = await ask(wiki, inside)
        assert answer.detail == INVALID_NAME_ID_POLICY
        assert answer.response is not None


async def test_no_persistent_name_is_made_where_the_request_forbids_it(
    visitor: Visitor, wiki: ServiceProvider
) -> None:
    """AllowCreate (saml-core-2.0 §3.4.1.1); a name that the service has been told is no longer to be made."""
    service = visitor("transient", wiki.browser)
    forbidden = await ask(service, policy(PERSISTENT, "false"))
    made = await ask(service, f'<samlp:NameIDPolicy Format="{PERSISTENT}"/>')
    again = await ask(service, policy(PERSISTENT, "0"))
    assert (forbidden.status, forbidden.detail) == (REQUESTER, INVALID_NAME_ID_POLICY)
    assert made.name_id == again.name_id
    assert (await ask(service, policy(TRANSIENT, "false"))).status == SUCCESS


async def test_attributes_are_released_as_the_service_s_rules_say(
    visitor: Visitor, wiki: ServiceProvider
) -> None:
    answer = await ask(visitor("mail", wiki.browser))
    names = answer.all("saml:AttributeStatement/saml:Attribute/@Name")
    released = {name: answer.attribute(name) for name in names}
    assert len(released.pop("uid")[0]) > 20
    assert released == {
        "mail": ["alice@example.com"],
        "urn:oid:2.5.4.42": ["<有栖> & co"],
        "company": ["Demo Inc."],
        "label": ["alice / alice@example.com"],
        "teams": ["team-a", "team-b"],
        "role": ["arn:aws:iam::1:role/staff"],
    }
    friendly = "saml:AttributeStatement/saml:Attribute[@FriendlyName='givenName']/@NameFormat"
    assert answer.text(friendly).endswith(":uri")


async def test_force_authn_asks_again_and_is_passive_asks_nothing(visitor: Visitor) -> None:
    wiki = visitor("wiki")
    await wiki.login(ALICE)
    request = wiki.request(ForceAuthn="true")
    page = await wiki.browser.get(wiki.redirect(request))
    assert page.asked
    answer = await wiki.answer(await wiki.browser.login(page, ALICE, "\0"), request.get("ID"))
    assert answer.status == SUCCESS
    assert (await ask(wiki, IsPassive="1")).status == SUCCESS
    assert (await ask(wiki, IsPassive="true", ForceAuthn="true")).detail == NO_PASSIVE
    assert (await ask(visitor("wiki"), IsPassive="true")).detail == NO_PASSIVE
    assert (await ask(visitor("denied", wiki.browser), IsPassive="true")).detail == REQUEST_DENIED


@pytest.mark.parametrize(
    ("comparison", "classes", "told"),
    [
        ("exact", (PASSWORD,), PASSWORD),
        ("exact", ("urn:x", SINGLE, PASSWORD), SINGLE),
        ("exact", (MULTI,), None),
        ("exact", ("urn:x",), None),
        ("minimum", (SINGLE,), PASSWORD),
        ("minimum", (MULTI,), None),
        ("maximum", (MULTI,), PASSWORD),
        ("better", (SINGLE,), None),
        ("better", (MULTI, SINGLE), None),
    ],
)
async def test_a_context_that_is_asked_for_is_told_or_the_request_fails(
    wiki: ServiceProvider, comparison: str, classes: tuple[str, ...], told: str | None
) -> None:
    """saml-core-2.0 §3.3.2.2.1; the rules decide what is proven, a request does not."""
    answer = await ask(wiki, contexts(*classes, comparison=comparison))
    if told is None:
        assert (answer.status, answer.detail) == (RESPONDER, NO_AUTHN_CONTEXT)
    else:
        assert answer.text("saml:AuthnStatement/saml:AuthnContext/saml:AuthnContextClassRef") == told


async def test_the_answer_goes_where_the_metadata_says(wiki: ServiceProvider) -> None:
    request = wiki.request(
        AssertionConsumerServiceURL=None, AssertionConsumerServiceIndex="7", ProtocolBinding=None
    )
    page = await wiki.browser.get(wiki.redirect(request))
    assert handover(page).action == f"{wiki.provider.acs}/seven"
    request = wiki.request(AssertionConsumerServiceURL=None)
    page = await wiki.browser.get(wiki.redirect(request))
    assert handover(page).action == wiki.provider.acs


async def test_a_service_may_name_whom_it_wants_to_hear_of(wiki: ServiceProvider) -> None:
    own = (await ask(wiki)).name_id
    named = f'Format="{PERSISTENT}"'
    for value, said, status in ((own, named, SUCCESS), (own, "", SUCCESS), ("somebody", named, RESPONDER)):
        inside = f"<saml:Subject><saml:NameID {said}>{value}</saml:NameID></saml:Subject>"
        answer = await ask(wiki, inside)
        assert (answer.status, answer.detail) == (status, "" if status == SUCCESS else UNKNOWN_PRINCIPAL)


async def test_what_cannot_be_had_is_told_to_the_service(wiki: ServiceProvider) -> None:
    artifact = "urn:oasis:names:tc:SAML:2.0:bindings:PAOS"
    assert (await ask(wiki, ProtocolBinding=artifact)).detail == UNSUPPORTED_BINDING
    assert (await ask(wiki, Version="1.1")).status == VERSION_MISMATCH


async def test_a_login_begins_at_a_tile_of_the_portal(
    server: Server, visitor: Visitor, signed_in: Browser
) -> None:
    mail = visitor("mail", signed_in)
    portal = await signed_in.get(f"{server.url}/")
    assert f"{server.url}/saml/launch/mail" in portal.links
    assert not [link for link in portal.links if "wiki" in link]
    answer = await mail.answer(await signed_in.get(f"{server.url}/saml/launch/mail"), None)
    assert (answer.status, answer.relay_state) == (SUCCESS, "/in?a=1&b=2")
    fresh = visitor("mail")
    page = await fresh.browser.login(f"{server.url}/saml/launch/mail", ALICE, "\0")
    assert (await fresh.answer(page, None)).status == SUCCESS


async def test_the_session_bound_is_the_service_s_or_ours(visitor: Visitor, wiki: ServiceProvider) -> None:
    bounds = [
        (await ask(visitor(name, wiki.browser))).text("saml:AuthnStatement/@SessionNotOnOrAfter")
        for name in ("files", "wiki")
    ]
    assert bounds == sorted(bounds)
    assert len(set(bounds)) == 2


async def test_one_who_may_not_enter_is_told_so_by_us(server: Server, visitor: Visitor) -> None:
    denied = visitor("denied")
    page = await denied.browser.get(denied.redirect(denied.request()))
    page = await denied.browser.answer(page, "alice")
    assert page.status == 403
    assert "Service denied" in page.text


async def test_the_session_leaves_word_of_the_services_it_went_to(server: Server, visitor: Visitor) -> None:
    """Signing out names them: what is not told is said to be not told."""
    wiki = visitor("wiki")
    await wiki.login(ALICE)
    page = await wiki.browser.get(f"{server.url}/logout")
    form = next(form for form in page.forms if form.action.endswith("/logout"))
    done = await wiki.browser.submit(page, {}, form=form)
    assert "Service wiki" in done.text


async def test_our_metadata_are_valid_signed_and_stay_the_same(server: Server, visitor: Visitor) -> None:
    """Two certificates during a roll-over: the one that signs, and the one that will."""
    wiki = visitor("wiki")
    page = await wiki.browser.request("GET", f"{server.url}/saml/metadata")
    assert page.headers["Content-Type"] == "application/samlmetadata+xml"
    saml2.xml.schema.validate(page.text.partition("?>")[2])
    for text in (
        "demo株式会社",
        "demo Inc.",
        "mailto:desk@example.com",
        wiki.sso,
        PERSISTENT,
        'use="encryption"',
    ):
        assert text in page.text
    before = await wiki.certificates()
    assert await wiki.certificates() == before
    server.cli("certificate", "announce", "--tenant", "demo")
    during = await wiki.certificates()
    assert during[: len(before)] == before
    assert len(during) == len(before) + 1
    assert ends_at(during[-1]) > time.time() + 3000 * 86400


async def test_an_encrypted_subject_and_a_typed_name_are_understood(
    wiki: ServiceProvider, visitor: Visitor
) -> None:
    metadata = parse((await wiki.browser.request("GET", wiki.entity_id)).body)
    found = metadata.find(".//{*}KeyDescriptor[@use='encryption']//{*}X509Certificate")
    assert found is not None
    own = (await ask(wiki)).name_id
    for value, status in ((own, SUCCESS), ("somebody", RESPONDER)):
        name = f'<saml:NameID xmlns:saml="{ASSERTION}" Format="{PERSISTENT}">{value}</saml:NameID>'
        hidden = encrypt(parse(name.encode()), "EncryptedID", b64decode(found.text or ""), AES256_GCM)
        answer = await ask(wiki, f"<saml:Subject>{serialize(hidden).decode()}</saml:Subject>")
        assert answer.status == status
    empty = f'<saml:Subject><saml:EncryptedID xmlns:saml="{ASSERTION}"/></saml:Subject>'
    assert (await ask(wiki, empty)).detail == UNKNOWN_PRINCIPAL
    strict = visitor("strict")
    typed = strict.request("<saml:Subject><saml:NameID>alice</saml:NameID></saml:Subject>")
    page = await strict.browser.get(strict.redirect(typed, signed=True))
    assert page.form.inputs["username"]["value"] == "alice"


async def test_tenants_are_entities_of_their_own(server: Server, visitor: Visitor) -> None:
    """Below a path prefix: other keys, other services, and a posted request finds its way."""
    wiki, below = visitor("wiki"), visitor("wiki")
    below.sso, below.entity_id = f"{server.url}/acme/saml/sso", f"{server.url}/acme/saml/metadata"
    assert not set(await wiki.certificates()) & set(await below.certificates())
    request = below.request()
    answer = await below.answer(await below.post(below.form(request), ALICE), request.get("ID"))
    assert answer.status == SUCCESS
    stranger = visitor("mail")
    stranger.sso = below.sso
    page = await stranger.browser.get(stranger.redirect(stranger.request()))
    assert page.status == 400
