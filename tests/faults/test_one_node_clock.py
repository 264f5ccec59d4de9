"""A clock that leaps a year ahead, and comes back."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from idp.leaps import PATIENCE_SECONDS
from storage.clock import SKEW_SECONDS
from tests.browser import Browser
from tests.faults.one_node_server import Node
from tests.people import PATTERN, Person
from tests.protocols.radius.nas import ACCEPT, NAS, REJECT
from tests.relying_party import CALLBACK, Denied, RelyingParty
from tests.server import eventually

ANNA, BERT = Person("anna", pattern=PATTERN), Person("bert", pattern=PATTERN)
YEAR = 366 * 86400
COUNTED = ("audit", "sessions", "grants", "tokens", "credentials", "signing_keys", "mails", "person_keys")


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    one = Node(tmp_path_factory.mktemp("clock") / "node")
    one.settable_clock()
    one.prepare()
    try:
        yield one.launch()  # type: ignore[misc]
    finally:
        one.stop()


@pytest.fixture
async def browsers() -> AsyncIterator[tuple[Browser, Browser]]:
    async with Browser() as one, Browser() as other:
        yield one, other


def rows(node: Node, query: str) -> list[tuple[int, ...]]:
    file = sqlite3.connect(f"file:{node.database}?mode=ro", uri=True)
    try:
        return file.execute(query).fetchall()
    finally:
        file.close()


def counts(node: Node) -> dict[str, int]:
    return {table: rows(node, f"SELECT count(*) FROM {table}")[0][0] for table in COUNTED}


def set_clock(node: Node, seconds: int) -> None:
    """It leaps, and the server is started again, as an administrator would: it sweeps at once."""
    node.stop()
    node.advance(seconds)
    node.launch()


def notices(node: Node) -> str:
    return "\n".join(node.health()[1]["notices"])


async def is_signed_in(party: RelyingParty) -> bool:
    pending = await party.begin(prompt="none")
    try:
        party.code(pending, await party.http.get(pending.url, CALLBACK))
    except Denied as denied:
        assert denied.error == "login_required"
        return False
    return True


async def test_a_clock_a_little_ahead_deletes_nothing_that_is_valid(
    node: Node, browsers: tuple[Browser, Browser]
) -> None:
    """What nobody notices must not hurt: rows stay for longer than clocks may differ."""
    anna = RelyingParty(browsers[0], node.url, scope="openid offline_access")
    await anna.login(ANNA)
    session = "SELECT expires_at FROM sessions"
    (ends_at,) = rows(node, session)[0]
    await eventually(lambda: rows(node, "SELECT believed_at FROM clock"))
    ahead = ends_at - int(time.time()) + SKEW_SECONDS - 60
    set_clock(node, ahead)
    (believed_at,) = rows(node, "SELECT believed_at FROM clock")[0]
    await eventually(lambda: rows(node, "SELECT believed_at FROM clock") != [(believed_at,)])
    assert rows(node, session) == [(ends_at,)]
    assert not await is_signed_in(anna)
    set_clock(node, -ahead)
    assert await is_signed_in(anna)


async def test_a_leap_of_a_year_and_back_costs_nothing(node: Node, browsers: tuple[Browser, Browser]) -> None:
    """Nothing is deleted by a clock that is ahead; nothing made by it lasts for a year; no value is taken twice."""
    anna, bert = (RelyingParty(each, node.url, scope="openid offline_access") for each in browsers)
    pending = await anna.begin()
    code = anna.code(pending, await anna.http.login(pending.url, ANNA, CALLBACK))
    held = (await anna.redeem(pending, code)).refresh_token
    nas = NAS(node.radius)
    digits = node.tokens["holder01"].code()
    assert nas.ask(nas.pap("holder01", digits)).code == ACCEPT
    await eventually(lambda: rows(node, "SELECT believed_at FROM clock"))
    await eventually(node.is_proven)
    before = counts(node)

    set_clock(node, YEAR)
    await eventually(lambda: "nothing is deleted until it is set right" in notices(node))
    assert '"clock.doubted"' in node.log
    node.cli("credential", "set", "petra", "matrix", "--pattern", PATTERN)  # mails her
    page = await bert.http.get((await bert.begin()).url)
    page = await bert.http.answer(page, "bert")
    assert (await bert.http.answer(page, "000000")).asked == "answer"  # counted until a year from now
    page = await bert.http.get((await bert.begin()).url)
    assert (await bert.http.login(page, BERT, CALLBACK)).location
    assert await is_signed_in(bert)
    now = counts(node)
    assert all(now[table] >= before[table] for table in COUNTED), (before, now)

    said = len(node.log)
    set_clock(node, -YEAR)
    await eventually(lambda: '"clock.returned"' in node.log[said:])
    await eventually(lambda: "nothing is deleted" not in notices(node))
    assert await is_signed_in(anna) and not await is_signed_in(bert)
    soon = int(time.time()) + PATIENCE_SECONDS
    late = f"SELECT until FROM budgets WHERE until > {soon} UNION SELECT until FROM audit_turns WHERE until > {soon}"
    assert not rows(node, late)
    assert rows(node, f"SELECT 1 FROM mails WHERE due_at < {soon}")
    assert not rows(node, f"SELECT 1 FROM mails WHERE due_at > {soon}")
    again = await anna.token(grant_type="refresh_token", refresh_token=held or "")
    assert again.status == 200, again.text
    replayed = await anna.token(
        grant_type="authorization_code", code=code, redirect_uri=CALLBACK, code_verifier=pending.verifier
    )
    assert replayed.status == 400
    assert nas.ask(nas.pap("holder01", digits)).code == REJECT
    nas.socket.close()
    await eventually(node.is_proven)
    assert '"defect"' not in node.log
