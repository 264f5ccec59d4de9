"""Answers by artifact: the browser carries a reference, the service fetches the answer, once."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest
import saml2.xml.schema

from protocols.saml.envelope import status_of
from protocols.saml.names import ARTIFACT, NO_PASSIVE, PROTOCOL, SUCCESS, tag
from protocols.saml.signature import verify
from protocols.saml.xml import Element, serialize
from tests.browser import Browser
from tests.logging_out import SOAP_ENVELOPE, Leaver, message
from tests.people import ALICE
from tests.server import Server
from tests.service_provider import Provider

pytestmark = pytest.mark.both_stores

RESOLUTION = "/saml/artifact"
RESPONSE = tag(PROTOCOL, "Response")


def resolve(provider: Provider, artifact: str, **attributes: str | None) -> Element:
    inside = f"<samlp:Artifact>{artifact}</samlp:Artifact>"
    return message(provider, "ArtifactResolve", inside, **attributes)


async def arrive(leaver: Leaver, relay_state: str | None = None) -> tuple[str, str]:
    """A login, up to the service: the artifact that the browser brings, and the id of the request."""
    request = leaver.request(ProtocolBinding=ARTIFACT)
    start = leaver.redirect(request, relay_state)
    page = await leaver.browser.login(start, ALICE, leaver.provider.acs)
    assert (page.location or "").startswith(f"{leaver.provider.acs}?"), page.text[-1500:]
    given = parse_qs(urlsplit(page.location or "").query)
    assert given.get("RelayState") == ([relay_state] if relay_state else None)
    return given["SAMLart"][0], request.get("ID", "")


async def test_a_service_fetches_its_answer_once(
    site: Server, browser: Browser, providers: dict[str, Provider]
) -> None:
    """saml-bindings-2.0 §3.6: type 4, our source id; the response is signed, inside one that is signed."""
    fetch = Leaver(browser, providers["fetch"], site.url)
    artifact, request_id = await arrive(fetch, "a&b=ü")
    raw = base64.b64decode(artifact)
    assert raw[:4] == b"\x00\x04\x00\x00"
    assert raw[4:24] == hashlib.sha1(fetch.entity_id.encode()).digest()
    asked = resolve(fetch.provider, artifact, Destination=f"{site.url}{RESOLUTION}")
    code, said = await fetch.post_soap(RESOLUTION, asked)
    assert (code, status_of(said)) == (200, (SUCCESS, ""))
    saml2.xml.schema.validate(serialize(said).decode())
    assert said.get("InResponseTo") == asked.get("ID")
    inner = said.find(RESPONSE)
    assert inner is not None
    answer = await fetch.read(serialize(inner), fetch.provider.acs, request_id)
    assert (answer.status, bool(answer.name_id)) == (SUCCESS, True)
    verify(said, await fetch.certificates())
    _, again = await fetch.post_soap(RESOLUTION, resolve(fetch.provider, artifact))
    assert (status_of(again), again.find(RESPONSE)) == ((SUCCESS, ""), None)


async def test_a_status_comes_by_artifact_too(
    site: Server, browser: Browser, providers: dict[str, Provider]
) -> None:
    fetch = Leaver(browser, providers["fetch"], site.url)
    request = fetch.request(ProtocolBinding=ARTIFACT, IsPassive="true")
    page = await browser.get(fetch.redirect(request), stop="https://")
    artifact = parse_qs(urlsplit(page.location or "").query)["SAMLart"][0]
    _, said = await fetch.post_soap(RESOLUTION, resolve(fetch.provider, artifact))
    inner = said.find(RESPONSE)
    assert inner is not None
    answer = await fetch.read(serialize(inner), fetch.provider.acs, request.get("ID"))
    assert answer.detail == NO_PASSIVE


async def test_of_fifty_who_redeem_an_artifact_at_once_one_gets_the_answer(
    site: Server, browser: Browser, providers: dict[str, Provider]
) -> None:
    """THREAT_MODEL.md 15: of 50 parallel redemptions one succeeds."""
    fetch = Leaver(browser, providers["fetch"], site.url)
    artifact, _ = await arrive(fetch)
    asked = [resolve(fetch.provider, artifact) for _ in range(50)]
    said = await asyncio.gather(*(fetch.post_soap(RESOLUTION, each) for each in asked))
    assert [code for code, _ in said] == [200] * 50
    assert sum(each.find(RESPONSE) is not None for _, each in said) == 1


async def test_who_does_not_prove_who_he_is_gets_nothing_and_takes_nothing_away(
    site: Server, browser: Browser, providers: dict[str, Provider]
) -> None:
    """THREAT_MODEL.md 7: artifact resolution is authenticated, and an artifact is for one service."""
    fetch = Leaver(browser, providers["fetch"], site.url)
    artifact, _ = await arrive(fetch)
    for provider, signed in ((fetch.provider, False), (Provider("fetch"), True)):
        one = Leaver(browser, provider, site.url)
        code, said = await one.post_soap(RESOLUTION, resolve(provider, artifact), signed)
        assert (code, said.tag) == (403, tag(SOAP_ENVELOPE, "Fault"))
    other = Leaver(browser, providers["wiki"], site.url)
    _, said = await other.post_soap(RESOLUTION, resolve(other.provider, artifact))
    assert said.find(RESPONSE) is None
    certificate = base64.b64encode(fetch.provider.key.certificate).decode()
    headers = {"Client-Cert": f":{certificate}:"}
    _, said = await fetch.post_soap(RESOLUTION, resolve(fetch.provider, artifact), False, headers)
    assert said.find(RESPONSE) is not None


async def test_what_is_no_artifact_of_ours_is_a_fault(
    site: Server, browser: Browser, providers: dict[str, Provider]
) -> None:
    fetch = Leaver(browser, providers["fetch"], site.url)
    foreign = base64.b64encode(b"\x00\x04\x00\x00" + b"\x07" * 40).decode()
    for artifact in ("", "%%%", "AAQAAA==", foreign):
        code, said = await fetch.post_soap(RESOLUTION, resolve(fetch.provider, artifact))
        assert (code, said.tag) == (500, tag(SOAP_ENVELOPE, "Fault"))
