"""Addresses as people type them, which lead to those that we have."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from idp.web.exchange import TENANT


def moved(path: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    """What answers a GET with the address at `path` below the tenant's base URL, for good (RFC 9110 §15.4.9)."""

    async def move(request: web.Request) -> web.Response:
        return web.Response(status=308, headers={"Location": request[TENANT].url(path)})

    return move
