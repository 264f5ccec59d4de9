"""A running server of two workers: what is new takes effect in both within seconds, without a restart."""

from __future__ import annotations

import base64
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.protocols.saml.metadata.pages import serving
from tests.protocols.saml.metadata.samples import DAY, SP, acs, descriptor, entity
from tests.server import Server, eventually, running

WAITS = "demo/wiki: changed metadata wait for consent, see idp saml metadata diff wiki"


def notices(server: Server) -> list[str]:
    said: list[str] = server.health()[1]["notices"]
    return said


def status(server: Server, entity_id: str) -> int:
    """How an unsigned request of that service is answered, on a connection of its own: by any worker."""
    issued = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    request = (
        f'<p:AuthnRequest xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" ID="_{time.monotonic_ns()}" Version="2.0"'
        f' IssueInstant="{issued}"><s:Issuer xmlns:s="urn:oasis:names:tc:SAML:2.0:assertion">{entity_id}</s:Issuer>'
        "</p:AuthnRequest>"
    )
    packed = quote(base64.b64encode(zlib.compress(request.encode(), wbits=-15)))
    try:
        with urllib.request.urlopen(f"{server.url}/saml/sso?SAMLRequest={packed}", timeout=60) as answer:
            shown: int = answer.status
            return shown
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture
def pages() -> dict[str, str]:
    """What the service publishes: first, that its requests are signed."""
    return {"/wiki": entity()}


@pytest.fixture
def server(pages: dict[str, str], tmp_path: Path) -> Iterator[Server]:
    one = Server(tmp_path, workers=2)
    one.configuration.idp["doors"] = ["saml"]
    one.tenant.settings |= {"demo": True}
    with serving(pages) as url:
        saml = {"metadata": f"{url}/wiki", "allow_sha1": True}
        one.tenant.services["wiki"] = {"service": "wiki", "display_name": {"en": "Wiki"}, "saml": saml}
        yield from running(one)


async def test_what_is_new_takes_effect_without_a_restart(server: Server, pages: dict[str, str]) -> None:
    """THREAT_MODEL.md 6: Imported metadata never weakens a setting silently."""
    await eventually(lambda: "metadata.accepted" in [each["event"] for each in server.audit()])
    soon = time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(time.time() + 5 * DAY))
    pages["/wiki"] = entity(descriptor("", "one"), acs(), signed=False, more=f'validUntil="{soon}"')
    assert "waits for your consent" in server.cli("saml", "metadata", "refresh", "wiki")
    await eventually(lambda: [notices(server) for _ in range(4)] == [[WAITS]] * 4)
    await eventually(
        lambda: server.cli("health").splitlines() == ["ready", WAITS]
    )  # each worker looks for itself
    assert [status(server, SP) for _ in range(8)] == [
        400
    ] * 8  # what comes unsigned is refused by both workers
    server.cli("saml", "metadata", "accept", "wiki")
    await eventually(lambda: [status(server, SP) for _ in range(8)] == [200] * 8)
    await eventually(
        lambda: [notices(server) for _ in range(4)] == [[f"demo/wiki: validity ends {soon}"]] * 4
    )
    (told,) = [each for each in server.events if each["event"] == "metadata.ending"]
    assert (told["service"], told["days"]) == ("wiki", 7)
    dubious = [each["words"] for each in server.events if each["event"] == "configuration.dubious"]
    assert any("allow_sha1: requests signed with SHA-1 can be forged" in words for words in dubious)
