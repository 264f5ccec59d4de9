"""THREAT_MODEL.md 24: Within 1 s of disabling a user: session, refresh, introspection, userinfo, RADIUS and API all
refuse, on every node: at the first question after the command that disables him.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.page import Page
from tests.people import PATTERN, Person, answer
from tests.protocols.oidc.signing_out import Service, Visitor, browsers, database, new_site, services
from tests.protocols.radius.nas import ACCEPT, NAS, SECRET
from tests.relying_party import RelyingParty
from tests.running import Browsers, Database
from tests.server import Server, free_port

pytestmark = pytest.mark.both_stores

__all__ = ["browsers", "database", "services"]

OSCAR = Person("oscar", pattern=PATTERN)

Nodes = tuple[Server, ...]


def with_radius(node: Server) -> Server:
    node.configuration.idp["doors"] = ["oidc", "radius"]
    node.configuration.idp["listen"]["radius"] = f"127.0.0.1:{free_port()}"
    return node


@pytest.fixture
def nodes(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """Two server processes on one PostgreSQL; on SQLite one of two workers."""
    url = database()
    folder = tmp_path_factory.mktemp("nodes")
    first = with_radius(new_site(folder, url, workers=1 if url else 2))
    first.tenant.settings["demo"] = True
    radius = {"networks": ["127.0.0.0/8"], "secret": SECRET.decode()}
    first.tenant.services["vpn"] = {"service": "vpn", "display_name": {"en": "VPN"}, "radius": radius}
    with ExitStack() as stack:
        stack.callback(first.stop)
        first.start().add_user(OSCAR.name, "staff", pattern=PATTERN)
        if not url:
            yield (first,)
            return
        second = with_radius(Server(folder / "second", url))
        second.configuration.tenants = first.configuration.tenants  # the same issuer
        second.configuration.idp["master_key"] = first.configuration.idp["master_key"]
        stack.callback(second.stop)
        yield first, second.start()


@pytest.fixture
def site(nodes: Nodes) -> Server:
    return nodes[0]


async def ask(visitor: Visitor, node: Server, path: str, *, authorization: str = "", **form: str) -> Page:
    """A request to one node, under the name that all of them have."""
    host = {"Host": f"localhost:{visitor.site.port}"}
    headers = host | ({"Authorization": authorization} if authorization else {})
    method = "POST" if form else "GET"
    return await visitor.browser.request(method, f"{node.url}{path}", form or None, headers)


async def refusals(visitor: Visitor, node: Server) -> dict[str, bool]:
    """What one node refuses now."""
    tokens = visitor.tokens["app"]
    party: RelyingParty = visitor.parties["app"]
    userinfo = await ask(visitor, node, "/oidc/userinfo", authorization=f"Bearer {tokens.access_token}")
    portal = await ask(visitor, node, "/")
    told = await ask(visitor, node, "/oidc/introspect", authorization=basic(party), token=tokens.access_token)
    pending = await party.begin(prompt="none")
    authorized = await ask(visitor, node, pending.url.removeprefix(visitor.site.url))
    return {
        "userinfo": userinfo.status == 401,
        "introspection": json.loads(told.body) == {"active": False},
        "radius": not lets_in(node),
        "session": portal.asked == "username",
        "authorization": "error=login_required" in (authorized.location or ""),
    }


def lets_in(node: Server) -> bool:
    """Whether a NAS at this node gets an Access-Accept for the right answer to the table that it was sent."""
    with NAS(int(node.configuration.idp["listen"]["radius"].rpartition(":")[2])) as nas:
        asked = nas.ask(nas.pap(OSCAR.name, ""))
        if not asked.table:  # a name that nobody has may be asked for something else
            return False
        return nas.ask(nas.pap(OSCAR.name, answer(PATTERN, asked.table), state=asked.state)).code == ACCEPT


def basic(party: RelyingParty) -> str:
    return "Basic " + base64.b64encode(f"{party.client_id}:{party.secret}".encode()).decode()


@pytest.mark.parametrize("command", ["disable", "delete"])
async def test_within_1_s_every_node_refuses_and_services_are_told(
    nodes: Nodes, services: dict[str, Service], browsers: Browsers, command: str
) -> None:
    """A disabled user, and one who is deleted, is out everywhere, offline access included."""
    visitor = Visitor(nodes[0], services, browsers())
    await visitor.enter("app", "wiki", "mail", person=OSCAR)
    for node in nodes:
        assert not any((await refusals(visitor, node)).values())
    nodes[0].cli("user", command, OSCAR.name, "--tenant", "demo", *(["--yes"] if command == "delete" else []))
    for node in nodes:
        assert all((await refusals(visitor, node)).values())
        refreshed = await ask(
            visitor, node, "/oidc/token", authorization=basic(visitor.parties["app"]),
            grant_type="refresh_token", refresh_token=visitor.tokens["app"].refresh_token or "",
        )  # fmt: skip
        assert json.loads(refreshed.body)["error"] == "invalid_grant"
    for name in ("app", "wiki"):
        await services[name].told()
        _, said = await visitor.verified(services[name].logout_tokens[0], name)
        assert said["sub"] == visitor.tokens["wiki"].claims["sub"]
        assert said["sid"] == visitor.sid
        assert len(services[name].logout_tokens) == 1, "one node took it"


async def test_an_operator_ends_one_session(
    nodes: Nodes, services: dict[str, Service], browsers: Browsers
) -> None:
    """`idp session end`: that session, its grants, and its services; what was given for offline use only if said."""
    site = nodes[0]
    visitor, other = Visitor(site, services, browsers()), Visitor(site, services, browsers())
    for each in (visitor, other):
        await each.enter("wiki", "app", person=OSCAR)
    shown = json.loads(site.cli("session", "list", OSCAR.name, "--tenant", "demo", "--json"))
    assert {each["sid"] for each in shown} == {visitor.sid, other.sid}
    assert all(each["services"] == ["app", "wiki"] for each in shown)
    assert "to be told: 2" in site.cli("session", "end", visitor.sid, "--tenant", "demo")
    assert not await visitor.is_in() and await other.is_in()
    assert (await visitor.parties["wiki"].userinfo(visitor.tokens["wiki"].access_token)).status == 401
    assert (await visitor.parties["app"].userinfo(visitor.tokens["app"].access_token)).status == 200
    await services["wiki"].told()
    site.cli("session", "end", visitor.sid, "--tenant", "demo", status=1)
    site.cli("session", "end", other.sid, "--offline", "--tenant", "demo")
    assert (await other.parties["app"].userinfo(other.tokens["app"].access_token)).status == 401
    reasons = [each["details"]["reason"] for each in site.audit() if each["event"] == "session.ended"]
    assert reasons == ["operator", "operator"]


async def test_what_a_dead_node_was_about_to_deliver_another_one_delivers(
    nodes: Nodes, services: dict[str, Service], browsers: Browsers
) -> None:
    """Written down in the transaction that ended the session: killed in the middle, nothing is lost."""
    site = nodes[0]
    visitor = Visitor(site, services, browsers())
    await visitor.enter("wiki", person=OSCAR)
    for node in nodes:
        node.stop(kill=True)
    site.cli("session", "end", visitor.sid, "--tenant", "demo")
    (waiting,) = site.pending()
    assert (waiting["service"], waiting["user"], waiting["attempts"]) == ("wiki", OSCAR.name, 0)
    assert services["wiki"].logout_tokens == []
    nodes[-1].start()
    await services["wiki"].told()
