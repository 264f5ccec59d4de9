"""A new configuration while people are signing in."""

import asyncio

from tests.browser import Browser
from tests.people import ALICE, PATTERN
from tests.relying_party import CALLBACK, RelyingParty
from tests.running import Browsers, MakeServer
from tests.server import Server, eventually

BROKEN = "tenant: demo\nbase_url: nowhere\nunknown: 1\n"


async def knows(server: Server, client_id: str) -> bool:
    async with Browser() as browser:
        party = RelyingParty(browser, server.url, client_id)
        return (await browser.get((await party.begin()).url)).status == 200


async def until_known(server: Server, client_id: str) -> None:
    for _ in range(100):
        if await knows(server, client_id):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{client_id} is not known after 10 s\n{server.log[-4000:]}")


async def test_sighup_takes_a_new_service_and_no_login_is_lost(
    make_server: MakeServer, browsers: Browsers
) -> None:
    server = make_server().start()
    server.add_user("alice", "staff", pattern=PATTERN)
    browser = browsers()
    asked = await browser.answer(await browser.get(f"{server.url}/"), "alice")
    workers = server.pids[1:]
    assert not await knows(server, "added")
    server.tenant.add_service("added", CALLBACK)
    server.reload()
    await until_known(server, "added")
    await eventually(lambda: not set(workers) & set(server.pids))
    assert server.pids[0] == server.pid
    assert (await browser.login(asked, ALICE, "\0")).status == 200


async def test_no_request_fails_during_a_reload(make_server: MakeServer) -> None:
    server = make_server()
    server.configuration.idp["workers"] = 2
    server.start()
    statuses: list[int] = []
    done = asyncio.Event()

    async def ask() -> None:
        while not done.is_set():
            async with Browser() as browser:  # a new connection each time
                statuses.append((await browser.get(f"{server.url}/")).status)

    asking = [asyncio.create_task(ask()) for _ in range(4)]
    for _ in range(2):
        workers = set(server.pids[1:])
        server.reload()
        await eventually(lambda old=workers: not old & set(server.pids))
    done.set()
    await asyncio.gather(*asking)
    assert set(statuses) == {200}
    assert len(statuses) > 20


async def test_a_broken_configuration_is_refused_and_the_old_one_stays(
    make_server: MakeServer, browsers: Browsers
) -> None:
    server = make_server().start()
    server.add_user("alice", "staff", pattern=PATTERN)
    workers = server.pids
    (server.config / "tenants" / "demo" / "tenant.yaml").write_text(BROKEN)
    server.signal_reload()
    await eventually(lambda: any(event["event"] == "configuration.refused" for event in server.events))
    mistakes = [event["mistake"] for event in server.events if event["event"] == "configuration.mistake"]
    assert any("tenant.yaml:2:" in mistake for mistake in mistakes)
    assert any("tenant.yaml:3:" in mistake for mistake in mistakes)
    assert server.pids == workers
    assert (await browsers().login(f"{server.url}/", ALICE, "\0")).status == 200
