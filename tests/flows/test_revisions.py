"""A policy changes on two nodes under a load of logins: planned, applied, rolled back, and nobody meets an error."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from tests.browser import Browser
from tests.kept import Kept
from tests.people import ALICE, PATTERN
from tests.postgres import ROLE
from tests.server import Server, eventually, running

CLOSED = {"name": "closed", "when": {"groups": ["staff"]}, "then": {"deny": {"en": "Closed for today."}}}


@pytest.fixture(scope="module")
def nodes(kept: Kept, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """Two nodes of one PostgreSQL, each with its own copy of the files, and alice."""
    cluster = kept.postgres()
    cluster.run(f"CREATE DATABASE nodes OWNER {ROLE}")
    one = Server(tmp_path_factory.mktemp("one"), cluster.url("nodes"))
    for first in running(one):
        first.add_user("alice", "staff", pattern=PATTERN)
        other = Server(tmp_path_factory.mktemp("other"), cluster.url("nodes"), address="127.0.0.2")
        other.port, other.url = first.port, first.url
        other.configuration.tenants = first.configuration.tenants
        other.configuration.idp["listen"]["http"] = f"127.0.0.2:{first.port}"
        other.configuration.idp["master_key"] = {"file": str(first.folder / "var" / "master.key")}
        for second in running(other):
            yield first, second


async def health(node: Server) -> dict[str, object]:
    return (await asyncio.to_thread(node.health))[1]


async def until_in_force(nodes: tuple[Server, Server], revision: object) -> None:
    for node in nodes:
        async with asyncio.timeout(60):
            async for found in polled(node):
                if found == revision:
                    break


async def polled(node: Server) -> AsyncIterator[object]:
    """What health says is in force, again and again."""
    while True:
        yield (await health(node))["revision"]
        await asyncio.sleep(0.05)


async def logged_in(node: Server) -> str:
    """How one login ends."""
    async with Browser(address=node.address) as browser:
        page = await browser.login(f"{node.url}/", ALICE, "\0")
        failed = [each.status for each in browser.seen if each.status not in (200, 302, 303, 403)]
        assert not failed, failed
        if "Closed for today." in page.text:
            return "closed"
        assert page.status == 200 and not page.asked, page.text
        return "in"


@asynccontextmanager
async def load(nodes: tuple[Server, Server]) -> AsyncIterator[Counter[str]]:
    """Logins on both nodes while the block runs; whatever fails in one of them fails the test."""
    ends, done = Counter[str](), asyncio.Event()

    async def come_and_go(node: Server) -> None:
        while not done.is_set():
            ends[await logged_in(node)] += 1

    async with asyncio.TaskGroup() as people:
        for node in nodes * 2:
            people.create_task(come_and_go(node))
        try:
            yield ends
        finally:
            done.set()


async def cli(node: Server, *words: str) -> str:
    return await asyncio.to_thread(node.cli, *words)


async def test_a_change_is_planned_applied_and_rolled_back_on_two_nodes_under_load(
    nodes: tuple[Server, Server],
) -> None:
    """Every request is answered, workers stay, and once a node says that a revision is in force it is."""
    first, second = nodes
    workers = first.pids, second.pids
    async with load(nodes) as ends:
        await cli(first, "config", "apply", "--why", "as it was")
        await until_in_force(nodes, 1)
        first.tenant.policies.insert(0, CLOSED)
        first.configuration.write(first.config)
        assert "+ rule closed" in await cli(first, "config", "plan")
        assert (await health(second))["revision"] == 1, "a plan changes nothing"
        await cli(first, "config", "apply", "--why", "a holiday", "--expect-revision", "1")
        await until_in_force(nodes, 2)
        assert [await logged_in(node) for node in nodes] == ["closed", "closed"]
        said = await cli(second, "config", "rollback", "1", "--why", "it is none")
        assert "- rule closed  REMOVED" in said
        await until_in_force(nodes, 3)
        assert [await logged_in(node) for node in nodes] == ["in", "in"]
    assert set(ends) == {"closed", "in"}
    assert (first.pids, second.pids) == workers
    for node in nodes:
        assert not [line for line in node.events if line["level"] == "error"]


async def test_files_that_differ_are_told_and_sighup_takes_the_revision(nodes: tuple[Server, Server]) -> None:
    """The revision is the truth: what lies in the folder is drift, in health, in the log and after a reload."""
    first, _ = nodes
    (first.config / "tenants" / "demo" / "policies.yaml").write_text("[]\n")
    first.signal_reload()
    await eventually(lambda: sum(line["event"] == "server.reloaded" for line in first.events) == 1)
    notices = (await health(first))["notices"]
    assert isinstance(notices, list)
    assert ["tenants/demo/policies.yaml differs" in words for words in notices] == [True]
    assert any(line["event"] == "configuration.drift" for line in first.events)
    assert await logged_in(first) == "in"


async def test_a_node_that_cannot_use_a_revision_keeps_the_one_before(nodes: tuple[Server, Server]) -> None:
    """Its secret is on one node only. The other says so, and takes the revision as soon as it can."""
    first, second = nodes
    first.tenant.policies.remove(CLOSED)
    first.tenant.add_service("wiki", "http://localhost:9/callback")
    first.configuration.write(first.config)
    await cli(first, "config", "apply", "--why", "a wiki")
    await eventually(lambda: any(line["event"] == "configuration.refused" for line in second.events))
    mistakes = [line["mistake"] for line in second.events if line["event"] == "configuration.mistake"]
    assert len(mistakes) == 1 and "services/wiki.yaml:" in mistakes[0] and "secrets/demo-wiki" in mistakes[0]
    told = await health(second)
    assert told["revision"] == 3
    assert "revision 4 cannot be used here" in str(told["notices"])
    assert await logged_in(second) == "in"
    (second.config / "secrets").mkdir(exist_ok=True)
    secret = (first.config / "secrets" / "demo-wiki").read_text()
    (second.config / "secrets" / "demo-wiki").write_text(secret)
    await until_in_force(nodes, 4)
    assert "cannot be used" not in str((await health(second))["notices"])
