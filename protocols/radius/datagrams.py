"""One UDP socket: who is it, is it genuine, was it heard before? Then it is answered in a task of its own."""

from __future__ import annotations

import asyncio
import contextlib
from socket import socket
from typing import Any, Final

from protocols.radius.admission import fault
from protocols.radius.answering import Answering
from protocols.radius.clients import NAS, Clients
from protocols.radius.duplicates import Duplicates, Sender
from protocols.radius.packet import LONGEST, Code, Malformed, Packet, decode
from protocols.radius.tally import Tally

MOST_AT_ONCE: Final = 1000  # being answered; what comes then waits with the kernel, as long as there is room
BURST: Final = 16  # read before others get their turn


class Datagrams:
    """It answers requests of one kind, and Status-Server beside them (RFC 5997).

    It reads and writes the socket itself: a transport could not stop reading and still send what it owes.
    """

    def __init__(
        self, sock: socket, request: Code, clients: Clients, answering: Answering, tally: Tally
    ) -> None:
        self._socket = sock
        self._request = request
        self._clients = clients
        self._answering = answering
        self._tally = tally
        self._loop = asyncio.get_running_loop()
        self._duplicates = Duplicates(self._loop.time)
        self._tasks: set[asyncio.Task[None]] = set()
        self._reads = self._ends = False
        self._read_on()

    @property
    def is_full(self) -> bool:
        """Whether so much is being answered that what comes waits with the kernel."""
        return not self._reads and not self._ends

    def follow(self, clients: Clients, answering: Answering) -> None:
        """Answer whatever comes from now on by another configuration. What was heard before is still known."""
        self._clients, self._answering = clients, answering

    async def drain(self) -> None:
        """Read no more, and finish what was begun. What waits is read by whoever has the socket now."""
        self._ends = True
        self._pause()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _read_on(self) -> None:
        if not self._reads and not self._ends:
            self._reads = True
            self._loop.add_reader(self._socket, self._readable)

    def _pause(self) -> None:
        if self._reads:
            self._reads = False
            self._loop.remove_reader(self._socket)

    def _readable(self) -> None:
        for _ in range(BURST):
            try:
                datagram, address = self._socket.recvfrom(LONGEST)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:  # an answer of ours found nobody: the kernel tells it here
                continue
            self._received(datagram, address)

    def _received(self, datagram: bytes, address: tuple[Any, ...]) -> None:
        nas = self._clients.find(address[0])
        if nas is None:
            self._tally.stranger(address[0])
            return
        try:
            packet = decode(datagram)
        except Malformed as error:
            self._tally.dropped(nas, f"malformed: {error}")
            return
        wrong = fault(packet, nas, (self._request, Code.STATUS_SERVER))
        if wrong is not None:
            self._tally.dropped(nas, wrong)
            return
        if packet.signed_at is None and packet.code == Code.ACCESS_REQUEST:
            self._tally.unsigned(nas)
        self._admitted(nas, packet, address)

    def _admitted(self, nas: NAS, packet: Packet, address: tuple[Any, ...]) -> None:
        sender: Sender = address[:2]
        heard = self._duplicates.hear(sender, packet.identifier, packet.authenticator)
        if heard is not None:
            self._tally.repeated(nas)
            if heard.reply is not None:
                self._send(heard.reply, address)
            return  # else it is still being worked on: the answer to the first is the answer to this one
        task = self._loop.create_task(self._answer(self._answering, nas, packet, address))
        self._tasks.add(task)
        task.add_done_callback(self._done)
        if len(self._tasks) >= MOST_AT_ONCE:
            self._pause()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._read_on()

    async def _answer(self, answering: Answering, nas: NAS, packet: Packet, address: tuple[Any, ...]) -> None:
        reply = await answering.answer(nas, packet, address[0], self._request)
        self._duplicates.answer(address[:2], packet.identifier, packet.authenticator, reply)
        if reply is not None:
            self._send(reply, address)

    def _send(self, reply: bytes, address: tuple[Any, ...]) -> None:
        with contextlib.suppress(OSError):  # the NAS asks again, and is answered from what we remember
            self._socket.sendto(reply, address)
