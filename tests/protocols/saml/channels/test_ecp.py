"""`/saml/ecp`: a program signs its user in by one secret in one request, by the rules that hold for everybody."""

from __future__ import annotations

from base64 import b64encode

import aiohttp
import pytest

from protocols.saml.names import ECP, PAOS, PROTOCOL, REQUEST_DENIED, SUCCESS, tag
from protocols.saml.xml import Element, parse, serialize
from tests.browser import Browser
from tests.logging_out import SOAP_ENVELOPE, Leaver, envelope
from tests.people import ALICE, PASSWORD, Person
from tests.protocols.saml.channels.conftest import BOB, PAT, TIM
from tests.server import Server
from tests.service_provider import Answer, Provider, status

FAULT = f".//{tag(SOAP_ENVELOPE, 'Fault')}/faultstring"


@pytest.fixture
def shell(site: Server, browser: Browser, providers: dict[str, Provider]) -> Leaver:
    return Leaver(browser, providers["shell"], site.url)


def asking(service: Leaver, **attributes: str | None) -> Element:
    paos = f"{service.provider.acs}/paos"
    return service.request(
        ProtocolBinding=PAOS,
        AssertionConsumerServiceURL=paos,
        Destination=f"{service.issuer}/saml/ecp",
        **attributes,
    )


async def bring(
    service: Leaver, request: Element, name: str = "", secret: str = "", kind: str = "text/xml"
) -> tuple[int, Element]:
    """One request of the program; what came back, with its envelope."""
    headers = {"Content-Type": kind}
    if name:
        headers["Authorization"] = "Basic " + b64encode(f"{name}:{secret}".encode()).decode()
    url = f"{service.issuer}/saml/ecp"
    async with (
        aiohttp.ClientSession() as http,
        http.post(url, data=envelope(request), headers=headers) as said,
    ):
        if said.status == 401:
            assert said.headers["WWW-Authenticate"].startswith("Basic ")
        return said.status, parse(await said.read())


async def login(service: Leaver, person: Person, secret: str) -> Answer:
    """A login that must succeed, all checks made."""
    request = asking(service)
    code, said = await bring(service, request, person.name, secret)
    assert code == 200, said.findtext(FAULT)
    header = said.find(f"{tag(SOAP_ENVELOPE, 'Header')}/{tag(ECP, 'Response')}")
    assert header is not None
    assert header.get("AssertionConsumerServiceURL") == f"{service.provider.acs}/paos"
    assert header.get(tag(SOAP_ENVELOPE, "mustUnderstand")) == "1"
    found = said.find(f"{tag(SOAP_ENVELOPE, 'Body')}/{tag(PROTOCOL, 'Response')}")
    assert found is not None
    return await service.read(serialize(found), f"{service.provider.acs}/paos", request.get("ID"))


async def test_a_password_a_code_and_both_in_a_row_sign_in(shell: Leaver) -> None:
    assert BOB.token
    assert TIM.token
    answers = [
        await login(shell, PAT, PASSWORD),
        await login(shell, TIM, TIM.token.code()),
        await login(shell, BOB, PASSWORD + BOB.token.code()),
    ]
    assert [each.status for each in answers] == [SUCCESS] * 3
    assert len({each.name_id for each in answers}) == 3


async def test_a_program_may_call_its_envelope_soap_1_2_but_not_what_a_form_could_send(shell: Leaver) -> None:
    kinds = ("application/soap+xml; charset=utf-8", "text/plain")
    said = [await bring(shell, asking(shell), PAT.name, PASSWORD, kind) for kind in kinds]
    assert [code for code, _ in said] == [200, 500]


async def test_a_session_that_a_program_began_can_be_ended(shell: Leaver) -> None:
    """Its service knows it by a session index like any other."""
    answer = await login(shell, PAT, PASSWORD)
    _, said = await shell.post_soap("/saml/slo/soap", shell.logout_request(answer))
    assert status(said)[0] == SUCCESS


async def test_without_the_right_secret_nothing_is_told(shell: Leaver) -> None:
    """The same for a wrong secret and none at all; a code is good once. An unknown name is like one of ours."""
    assert TIM.token
    code = TIM.token.code()
    assert (await login(shell, TIM, code)).status == SUCCESS
    tries = (("", ""), ("pat", "wrong"), ("tim", code), ("bob", PASSWORD), ("pat", ""))
    said = [await bring(shell, asking(shell), *each) for each in tries]
    assert {(code, each.findtext(FAULT)) for code, each in said} == {
        (401, "login_failed: user name or secret is wrong, or locked")
    }
    unknown = [await bring(shell, asking(shell), "nobody", "wrong") for _ in range(2)]
    assert {code for code, _ in unknown} in ({401}, {403})


async def test_guesses_spend_the_budget_of_the_name(shell: Leaver, site: Server) -> None:
    """THREAT_MODEL.md 18: every path that checks a secret spends the same budget."""
    eve = Person("eve", password=PASSWORD)
    for _ in range(20):
        assert (await bring(shell, asking(shell), eve.name, "wrong"))[0] == 401
    assert (await bring(shell, asking(shell), eve.name, PASSWORD))[0] == 401
    page = await shell.browser.get(f"{site.url}/")
    page = await shell.browser.answer(page, eve.name)
    page = await shell.browser.answer(page, PASSWORD)
    assert page.status == 429


async def test_what_only_a_browser_can_answer_is_said_before_any_guess(shell: Leaver) -> None:
    """Alice's rule asks for the matrix."""
    for _ in range(20):
        code, said = await bring(shell, asking(shell), ALICE.name, "123456")
        assert (code, (said.findtext(FAULT) or "")[:13]) == (403, "needs_browser")


async def test_whom_the_rules_deny_the_service_hears_so(shell: Leaver) -> None:
    request = asking(shell)
    code, said = await bring(shell, request, "nigel", PASSWORD)
    assert code == 200
    found = said.find(f"{tag(SOAP_ENVELOPE, 'Body')}/{tag(PROTOCOL, 'Response')}")
    assert found is not None
    answer = await shell.read(serialize(found), f"{shell.provider.acs}/paos", request.get("ID"))
    assert answer.detail == REQUEST_DENIED


async def test_only_services_that_are_set_so_take_programs(
    site: Server, browser: Browser, providers: dict[str, Provider]
) -> None:
    """Off unless the administrator says otherwise; and answers go to where the metadata says."""
    wiki = Leaver(browser, providers["wiki"], site.url)
    code, said = await bring(wiki, asking(wiki), PAT.name, PASSWORD)
    assert (code, (said.findtext(FAULT) or "").partition(":")[0]) == (403, "not_allowed")
    shell = Leaver(browser, providers["shell"], site.url)
    for address in (shell.provider.acs, "https://evil.example.com/"):
        elsewhere = shell.request(AssertionConsumerServiceURL=address, ProtocolBinding=PAOS, Destination=None)
        code, said = await bring(shell, elsewhere, PAT.name, PASSWORD)
        assert (code, (said.findtext(FAULT) or "").partition(":")[0]) == (403, "unknown_acs")
