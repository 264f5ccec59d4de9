"""`idp.web.switchboard`: a request is finished by the application that it began with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

from idp.web.admission import Admission
from idp.web.gate import Gate
from idp.web.switchboard import Line, Switchboard
from tests.server import eventually


@asynccontextmanager
async def line(name: str, gate: asyncio.Event | None = None) -> AsyncIterator[Line]:
    """An application that says its name, once the gate is open."""

    async def show(_: web.Request) -> web.Response:
        if gate is not None:
            await gate.wait()
        return web.Response(text=name)

    app = web.Application()
    app.router.add_get("/", show)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        assert runner.server is not None
        yield Line(runner.server)
    finally:
        await runner.cleanup()


async def test_what_was_begun_is_finished_as_it_began_and_the_next_is_answered_anew() -> None:
    """Connections stay: the second request comes on the one of the first, which a proxy may keep for hours."""
    gate = asyncio.Event()
    connections: list[Any] = []
    async with line("old", gate) as old, line("new") as new:
        board = Switchboard(old, Gate(Admission(most=8, patience=1.0)))
        runner = web.ServerRunner(board.server())
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        async with aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as http:

            async def ask() -> str:
                async with http.get("/") as answer:
                    connections.append(answer.connection and answer.connection.transport)
                    return await answer.text()

            waiting = asyncio.create_task(ask())
            await eventually(lambda: old.under_way == 1)
            board.turn(new)
            assert await ask() == "new"
            finishing = asyncio.create_task(old.finish())
            gate.set()
            assert await waiting == "old"
            await finishing
            assert old.under_way == new.under_way == 0
            gate.clear()
            assert await ask() == "new", "on a connection of the old one"
        await runner.cleanup()
