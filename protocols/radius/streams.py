"""RADIUS over TLS (RFC 6614): one connection carries many requests of one NAS, whom its certificate names."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from typing import Any, Final

import structlog

from idp.authenticators import Busy
from idp.outside import HELD
from protocols.radius.admission import fault
from protocols.radius.answering import Answering
from protocols.radius.clients import NAS, Clients, ProtectedNAS
from protocols.radius.datagrams import BUSY
from protocols.radius.packet import HEADER, HEADER_BYTES, LONGEST, SHORTEST, Code, Malformed, decode
from protocols.radius.tally import Tally

KINDS: Final = (Code.ACCESS_REQUEST, Code.ACCOUNTING_REQUEST, Code.STATUS_SERVER)
MOST_AT_ONCE: Final = 100  # of one connection; its NAS then waits
IDLE_SECONDS: Final = 3600.0  # NASes keep connections open, and ask Status-Server now and then
STUCK_SECONDS: Final = 10.0  # for the rest of a packet, and for an answer that is not read
MOST: Final = 500  # connections; then the one that was silent for longest makes room
Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]

log = structlog.get_logger("radius")


class Streams:
    """The connections of this process."""

    def __init__(self, clients: Clients, answering: Answering, tally: Tally) -> None:
        self._clients = clients
        self._answering = answering
        self._tally = tally
        self._connections: OrderedDict[asyncio.Task[Any], Pair] = OrderedDict()  # longest silent first

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from the handshake that was just done to its end."""
        task = asyncio.current_task()
        assert task is not None
        if len(self._connections) >= MOST:
            _, (_, silent) = self._connections.popitem(last=False)
            silent.transport.abort()
        self._connections[task] = reader, writer
        try:
            await self._converse(reader, writer)
        except* TimeoutError:
            writer.transport.abort()  # else it would wait until somebody reads what is left
        except* (OSError, EOFError, Malformed):  # in a group, as `_converse` raises what its tasks have met
            pass  # it has gone, or speaks another language
        finally:
            self._connections.pop(task, None)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def welcomes(self, address: str) -> bool:
        """Whether a NAS may be there: others get no handshake."""
        known = self._clients.find(address) is not None
        if not known:
            self._tally.stranger(address)
        return known

    def follow(self, clients: Clients, answering: Answering) -> None:
        """Answer whatever comes from now on by another configuration, on connections that are open too."""
        self._clients, self._answering = clients, answering

    async def drain(self) -> None:
        """Answer what has come, then end: NASes connect anew, and find who serves now."""
        for reader, _ in self._connections.values():
            reader.feed_eof()
        if self._connections:
            await asyncio.wait(self._connections)

    def _known(self, peer: str, certificate: dict[str, Any] | None) -> NAS | None:
        """The NAS at this address, if one of the names in its certificate is its own (RFC 6614 §2.3)."""
        nas = self._clients.find(peer)
        if nas is None:
            self._tally.stranger(peer)
            return None
        names = names_in(certificate or {})
        if names.isdisjoint(map(str.lower, nas.settings.certificate_names)):
            self._tally.dropped(
                nas, f"RADIUS/TLS: the certificate names {', '.join(sorted(names)) or 'nobody'}"
            )
            return None
        return ProtectedNAS(nas.tenant, nas.service, nas.settings)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer, certificate = writer.get_extra_info("peername")[0], writer.get_extra_info("peercert")
        clients, nas = self._clients, self._known(peer, certificate)
        room = _Room()
        async with asyncio.TaskGroup() as answers:
            while nas is not None:
                async with asyncio.timeout(IDLE_SECONDS):
                    raw = await _read(reader)
                if raw is None:
                    return
                self._stir()
                await room.enter()
                if clients is not self._clients:  # it may be another's now, or nobody's
                    clients, nas = self._clients, self._known(peer, certificate)
                if nas is not None:
                    HELD.set(room)
                    answer = answers.create_task(self._answer(self._answering, nas, peer, raw, writer))
                    answer.add_done_callback(lambda _: room.leave())

    def _stir(self) -> None:
        task = asyncio.current_task()
        if task is not None and task in self._connections:  # else it was closed a moment ago
            self._connections.move_to_end(task)

    async def _answer(
        self, answering: Answering, nas: NAS, peer: str, raw: bytes, writer: asyncio.StreamWriter
    ) -> None:
        try:
            packet = decode(raw)
        except Malformed as error:
            self._tally.dropped(nas, f"malformed: {error}")
            raise
        if wrong := fault(packet, nas, KINDS):
            self._tally.dropped(nas, wrong)
            return
        try:
            reply = await answering.answer(nas, packet, peer, Code.ACCESS_REQUEST)
        except Busy:
            self._tally.dropped(nas, BUSY)
            return
        if reply is not None and not writer.is_closing():
            writer.write(reply)
            async with asyncio.timeout(STUCK_SECONDS):
                await writer.drain()


class _Room:
    """`idp.outside.Place` of a request: so many of one connection are answered at once."""

    def __init__(self) -> None:
        self._under_way = 0
        self._left = asyncio.Event()

    async def enter(self) -> None:
        """Waits until there is room."""
        while self._under_way >= MOST_AT_ONCE:
            self._left.clear()
            await self._left.wait()
        self._under_way += 1

    def leave(self) -> None:
        self._under_way -= 1
        self._left.set()

    def resume(self) -> None:
        self._under_way += 1


def names_in(certificate: dict[str, Any]) -> frozenset[str]:
    """The DNS names for which a verified certificate stands, in small letters."""
    return frozenset(value.lower() for kind, value in certificate.get("subjectAltName", ()) if kind == "DNS")


async def _read(reader: asyncio.StreamReader) -> bytes | None:
    """The next packet; None at the end. Raises `Malformed` for a length that none has: nothing fits after it."""
    try:
        head = await reader.readexactly(HEADER_BYTES)
    except asyncio.IncompleteReadError:
        return None
    length = HEADER.unpack(head)[2]
    if not SHORTEST <= length <= LONGEST:
        raise Malformed("the length is wrong")
    async with asyncio.timeout(STUCK_SECONDS):
        return head + await reader.readexactly(length - HEADER_BYTES)
