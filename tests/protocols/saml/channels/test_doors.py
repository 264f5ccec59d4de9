"""Services of two doors in one session, and services that ask for its end one right after the other."""

from __future__ import annotations

import base64
import json

from protocols.saml.envelope import status_of
from protocols.saml.names import PARTIAL_LOGOUT, SUCCESS
from tests.browser import Browser
from tests.logging_out import Leaver, Listener
from tests.people import ALICE
from tests.relying_party import RelyingParty
from tests.server import Server
from tests.service_provider import Answer, Provider

WHOLE = (SUCCESS, "")
PARTLY = (SUCCESS, PARTIAL_LOGOUT)


async def enter(site: Server, browser: Browser, *providers: Provider) -> list[tuple[Leaver, Answer]]:
    leavers = [Leaver(browser, each, site.url) for each in providers]
    return [(each, await each.login(ALICE)) for each in leavers]


async def leave(leaver: Leaver, login: Answer) -> tuple[str, str]:
    """By SOAP: what the service hears."""
    code, said = await leaver.post_soap("/saml/slo/soap", leaver.logout_request(login))
    assert code == 200
    return status_of(said)


async def test_a_session_over_two_doors_ends_at_both(
    site: Server, browser: Browser, providers: dict[str, Provider], listener: Listener
) -> None:
    """A SAML service signs out; the OpenID Connect client hears of the session that its ID token named."""
    listener.told.pop("tasks", None)
    ((wiki, login),) = await enter(site, browser, providers["wiki"])
    tokens = await RelyingParty(browser, site.url, "tasks").login(ALICE)
    page = await wiki.sign_out(login)
    assert (await wiki.answered(page))[0] == WHOLE
    (body,) = listener.told["tasks"]
    claims = body.decode().partition("logout_token=")[2].split(".")[1]
    told = json.loads(base64.urlsafe_b64decode(claims + "=="))
    assert (told["sid"], told["aud"]) == (tokens.claims["sid"], "tasks")


async def test_a_client_of_the_other_door_signs_out_and_the_service_hears(
    site: Server, browser: Browser, providers: dict[str, Provider], listener: Listener
) -> None:
    listener.told.pop("desk", None)
    await enter(site, browser, providers["desk"])
    tokens = await RelyingParty(browser, site.url, "tasks").login(ALICE)
    page = await browser.get(f"{site.url}/oidc/logout?id_token_hint={tokens.id_token}")
    if page.forms:
        await browser.submit(page, {}, form=page.forms[0])
    assert len(listener.told["desk"]) == 1


async def test_who_asks_second_hears_success_only_once_all_others_are_told(
    site: Server, browser: Browser, providers: dict[str, Provider], listener: Listener
) -> None:
    """saml-core-2.0 §3.7.3.2: the session had ended by then, and that says nothing of its other services."""
    (wiki, one), (files, two), (desk, three) = await enter(
        site, browser, *(providers[name] for name in ("wiki", "files", "desk"))
    )
    listener.codes["desk"] = "down"
    try:
        assert await leave(wiki, one) == PARTLY
        page = await files.sign_out(two)  # through the browser
        assert (await files.answered(page))[0] == PARTLY
    finally:
        listener.codes.clear()
    assert await leave(desk, three) == WHOLE  # the last: it needs no telling, and no other is left


async def test_a_service_that_nobody_can_tell_is_not_forgotten_by_who_asks_second(
    site: Server, browser: Browser, providers: dict[str, Provider]
) -> None:
    (wiki, one), (files, two) = await enter(site, browser, providers["wiki"], providers["files"])
    await RelyingParty(browser, site.url, "app").login(ALICE)
    assert await leave(wiki, one) == PARTLY
    assert await leave(files, two) == PARTLY
