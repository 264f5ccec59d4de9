"""Opening the door: its sockets, and what the login pages and commands may ask of it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from socket import socket
from typing import Final

from aiohttp import web

from idp.accepting import Accepting
from idp.monitoring.parts import DEGRADED, OK
from idp.places import Places
from idp.provider import IdentityProvider
from protocols.radius import pages
from protocols.radius.answering import Answering
from protocols.radius.clients import Clients
from protocols.radius.datagrams import Datagrams
from protocols.radius.packet import Code
from protocols.radius.streams import Streams
from protocols.radius.tally import owner, tallying

DRAIN_SECONDS: Final = 10.0  # for what is being answered when the process is to end
HANDSHAKE_SECONDS: Final = 10.0
NAME: Final = "radius"
KINDS: Final = {"radius": Code.ACCESS_REQUEST, "radius_accounting": Code.ACCOUNTING_REQUEST}


async def setup(app: web.Application, provider: IdentityProvider) -> None:
    """Called once for each application of the process."""
    pages.setup(app, provider)


@asynccontextmanager
async def listening(
    provider: IdentityProvider, places: Places
) -> AsyncIterator[Callable[[IdentityProvider], None]]:
    """Answer at these places until `places.stop` is set or the block ends.

    Gives what is told of another configuration: sockets, connections and what was heard on them stay.
    """
    clients, answering = Clients(provider.tenants.values()), Answering(provider)
    async with tallying(provider) as tally:
        opened = [
            Datagrams(sock, kind, clients, answering, tally)
            for setting, kind in KINDS.items()
            for sock in places.sockets[setting]
        ]
        streams = Streams(clients, answering, tally)
        tunnels = None if places.tls is None else _tunnels(places.sockets["radsec"], places.tls, streams)
        stopping = asyncio.create_task(_drain(opened, tunnels, streams, places.stop))

        def follow(coming: IdentityProvider) -> None:
            tally.owner = owner(coming)
            known, answers = Clients(coming.tenants.values()), Answering(coming)
            for each in opened:
                each.follow(known, answers)
            streams.follow(known, answers)

        places.states[NAME] = lambda: _state(opened, tunnels)
        try:
            yield follow
        finally:
            places.stop.set()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping, DRAIN_SECONDS)


def _tunnels(sockets: Sequence[socket], tls: ssl.SSLContext, streams: Streams) -> Accepting:
    loop = asyncio.get_running_loop()

    def protocol() -> asyncio.Protocol:
        return asyncio.StreamReaderProtocol(asyncio.StreamReader(loop=loop), streams.serve, loop=loop)

    return Accepting(sockets, tls, protocol, HANDSHAKE_SECONDS, streams.welcomes)


def _state(opened: Sequence[Datagrams], tunnels: Accepting | None) -> str:
    """For health: whether anybody has to wait until there is room."""
    is_pausing = tunnels is not None and tunnels.is_pausing
    return DEGRADED if is_pausing or any(each.is_full for each in opened) else OK


async def _drain(
    opened: Sequence[Datagrams], tunnels: Accepting | None, streams: Streams, stop: asyncio.Event
) -> None:
    await stop.wait()
    if tunnels is not None:
        tunnels.close()
    await asyncio.gather(streams.drain(), *(each.drain() for each in opened))
