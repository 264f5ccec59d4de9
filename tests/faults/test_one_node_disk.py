"""A disk that is full, read-only or broken: refused with words, nothing lost, and well again by itself."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.browser import Browser
from tests.faults.one_node_disk import Failing
from tests.faults.one_node_ledger import Ledger, check
from tests.page import Page
from tests.people import PATTERN, Person
from tests.protocols.radius.nas import ACCEPT, NAS
from tests.relying_party import RelyingParty
from tests.server import eventually

PERSON = {"Accept": "text/html"}
ANNA = Person("anna", pattern=PATTERN)
# What is said of each.
FAULTS = {
    "full": "no room left on its disk",
    "readonly": "its disk is full or reports errors",  # SQLite's own words for what happens in the middle
    "broken": "its disk is full or reports errors",
    "sync": "its disk is full or reports errors",
}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Failing]:
    one = Failing(tmp_path_factory.mktemp("disk") / "node")
    one.prepare()
    one.fault("none")
    try:
        yield one.launch()  # type: ignore[misc]
    finally:
        one.stop()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with Browser() as one:
        yield one


async def token(party: RelyingParty, refresh_token: str) -> Page:
    return await party.token(grant_type="refresh_token", refresh_token=refresh_token)


@pytest.mark.parametrize(("number", "fault"), list(enumerate(FAULTS)))
async def test_what_cannot_be_written_is_refused_and_nothing_is_lost(
    node: Failing, browser: Browser, number: int, fault: str
) -> None:
    party, ledger = RelyingParty(browser, node.url, scope="openid offline_access"), Ledger()
    held = (await party.login(ANNA)).refresh_token
    assert held is not None
    ledger.heard(("login.accepted", "anna"))
    nas = NAS(node.radius)
    log = node.log
    node.fault(fault)
    try:
        async with Browser() as other:
            page = await other.get(f"{node.url}/", headers=PERSON)
        assert page.status == 503 and page.headers["Retry-After"] == "30"
        assert "tell your help desk" in page.text and "Nothing that you entered was kept" in page.text
        refused = await token(party, held)
        assert refused.status == 503 and refused.headers["Retry-After"] == "30"
        assert json.loads(refused.body) == {"error": "temporarily_unavailable"}
        code = node.tokens[f"holder0{number}"].code()
        assert nas.is_ignored(nas.pap(f"holder0{number}", code))
        await eventually(lambda: node.health()[0] == 503)
        await eventually(lambda: any(FAULTS[fault] in words for words in node.health()[1]["notices"]))
    finally:
        node.fault("none")
    await eventually(lambda: node.health()[0] == 200)
    await eventually(lambda: not any("database" in words for words in node.health()[1]["notices"]))
    again = await token(party, held)  # it was not spent
    assert again.status == 200, again.text
    assert nas.ask(nas.pap(f"holder0{number}", code)).code == ACCEPT  # nor was this
    nas.socket.close()
    await eventually(node.is_proven)
    check(ledger, node.database)
    assert node.log.startswith(log) and len(node.log) > len(log)
    assert '"defect"' not in node.log


def test_a_start_on_such_a_disk_says_what_is_wrong(node: Failing, tmp_path: Path) -> None:
    node.stop()
    node.fault("readonly")
    said = tmp_path / "said"
    assert node.command("serve", streams=(Path("/dev/null"), said, said)).wait(60) == 1
    assert "the database cannot be written: Read-only file system" in said.read_text()
    assert "Traceback" not in said.read_text()
