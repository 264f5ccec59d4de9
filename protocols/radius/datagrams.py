"""One UDP socket: who is it, is it genuine, was it heard before? Then it is answered in a task of its own."""

from __future__ import annotations

import asyncio
import contextlib
from socket import socket
from typing import Any, Final

from idp.authenticators import Busy
from idp.outside import HELD
from protocols.radius import arrival
from protocols.radius.admission import fault
from protocols.radius.answering import Answering
from protocols.radius.backlog import LATE, Backlog
from protocols.radius.clients import NAS, Clients
from protocols.radius.duplicates import Duplicates, Sender
from protocols.radius.packet import Code, Malformed, Packet, decode
from protocols.radius.tally import Tally

MOST_AT_ONCE: Final = 128  # being answered; what comes then waits for its turn, but not for long
SPARE: Final = 16  # beside them: signs of life are answered, above all when there is much to do
BURST: Final = 64  # read before others get their turn
BUSY: Final = "busy: too many wait for the same thing"

SIGN_OF_LIFE: Final = bytes((Code.STATUS_SERVER,))
Request = tuple[NAS, Packet, tuple[Any, ...]]  # and where the answer goes


class Datagrams:
    """It answers requests of one kind, and Status-Server beside them (RFC 5997).

    It reads and writes the socket itself: a transport could not stop reading and still send what it owes. It reads
    whatever is there, at once: what the kernel has no room for it drops, and that is the newest.
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
        self._backlog: Backlog[Request] = Backlog(self._dropped)
        self._tasks: set[asyncio.Task[None]] = set()
        self._under_way = 0  # of them, without those that wait for somebody outside
        arrival.stamp(sock)
        self._loop.add_reader(sock, self._readable)

    @property
    def is_full(self) -> bool:
        """Whether so much is being answered that what comes waits for its turn."""
        return len(self._backlog) > 0

    def follow(self, clients: Clients, answering: Answering) -> None:
        """Answer whatever comes from now on by another configuration. What was heard before is still known."""
        self._clients, self._answering = clients, answering

    async def drain(self) -> None:
        """Read no more, and finish what was begun. What waits is read by whoever has the socket now."""
        self._loop.remove_reader(self._socket)
        while self._tasks:  # each that ends makes room for one of the backlog
            await asyncio.wait(self._tasks)

    def _readable(self) -> None:
        for _ in range(BURST):
            try:
                datagram, address, lain = arrival.read(self._socket)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:  # an answer of ours found nobody: the kernel tells it here
                continue
            self._received(datagram, address, self._loop.time() - lain)

    def _received(self, datagram: bytes, address: tuple[Any, ...], came_at: float) -> None:
        nas = self._clients.find(address[0])
        if nas is None:  # they take no room in the backlog
            self._tally.stranger(address[0])
            return
        spare = SPARE if datagram[:1] == SIGN_OF_LIFE else 0
        if self._backlog.is_late(came_at, self._loop.time()):
            self._tally.dropped(nas, LATE)
        elif (packet := self._genuine(nas, datagram)) is None:
            return  # nor do those who only give the address of a NAS as theirs
        elif self._under_way >= MOST_AT_ONCE + spare:
            self._backlog.add(came_at, (nas, packet, address))
        else:
            self._admitted(nas, packet, address)

    def _dropped(self, request: Request, why: str) -> None:
        self._tally.dropped(request[0], why)

    def _genuine(self, nas: NAS, datagram: bytes) -> Packet | None:
        """What a holder of the secret has made."""
        try:
            packet = decode(datagram)
        except Malformed as error:
            self._tally.dropped(nas, f"malformed: {error}")
            return None
        wrong = fault(packet, nas, (self._request, Code.STATUS_SERVER))
        if wrong is not None:
            self._tally.dropped(nas, wrong)
            return None
        return packet

    def _waited(self, heard_of: NAS, packet: Packet, address: tuple[Any, ...]) -> None:
        """Its turn has come; meanwhile another configuration may have."""
        nas = self._clients.find(address[0])
        if nas is None:  # any more
            return
        if nas is not heard_of and (wrong := fault(packet, nas, (self._request, Code.STATUS_SERVER))):
            self._tally.dropped(nas, wrong)
            return
        self._admitted(nas, packet, address)

    def _admitted(self, nas: NAS, packet: Packet, address: tuple[Any, ...]) -> None:
        if packet.signed_at is None and packet.code == Code.ACCESS_REQUEST:
            self._tally.unsigned(nas)
        sender: Sender = address[:2]
        heard = self._duplicates.hear(sender, packet.identifier, packet.authenticator)
        if heard is not None:
            self._tally.repeated(nas)
            if heard.reply is not None:
                self._send(heard.reply, address)
            return  # else it is still being worked on: the answer to the first is the answer to this one
        task = self._loop.create_task(self._answer(self._answering, nas, packet, address))
        self._tasks.add(task)
        self._under_way += 1
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self.leave()

    def leave(self) -> None:
        """One less is being answered: see `idp.outside`."""
        self._under_way -= 1
        while self._under_way < MOST_AT_ONCE:
            request = self._backlog.take(self._loop.time())
            if request is None:
                return
            self._waited(*request)

    def resume(self) -> None:
        """One that had left goes on."""
        self._under_way += 1

    async def _answer(self, answering: Answering, nas: NAS, packet: Packet, address: tuple[Any, ...]) -> None:
        HELD.set(self)
        try:
            reply = await answering.answer(nas, packet, address[0], self._request)
        except Busy:
            self._tally.dropped(nas, BUSY)
            reply = None
        self._duplicates.answer(address[:2], packet.identifier, packet.authenticator, reply)
        if reply is not None:
            self._send(reply, address)

    def _send(self, reply: bytes, address: tuple[Any, ...]) -> None:
        with contextlib.suppress(OSError):  # the NAS asks again, and is answered from what we remember
            self._socket.sendto(reply, address)
