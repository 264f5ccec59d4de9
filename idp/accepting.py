"""TLS for anybody who comes: so many may be shaking hands, and whoever takes longest makes room for the next."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from socket import socket
from typing import Final

MOST_HANDSHAKES: Final = 256  # each holds some hundred kilobytes; one that is meant takes milliseconds
BURST: Final = 64  # accepted before others get their turn
PAUSE_SECONDS: Final = 1.0  # where the system has no descriptor left


class Accepting:
    """Accepts at listening sockets. What a server of the event loop's own accepts, it no longer counts."""

    def __init__(
        self,
        sockets: Sequence[socket],
        tls: ssl.SSLContext,
        protocol: Callable[[], asyncio.Protocol],
        seconds: float,
        welcomes: Callable[[str], bool] = lambda _: True,
    ) -> None:
        """A handshake may take so many seconds; `welcomes` is asked with the address of each who comes."""
        self._sockets = sockets
        self._tls, self._protocol, self._seconds = tls, protocol, seconds
        self._welcomes = welcomes
        self._loop = asyncio.get_running_loop()
        self._shaking: OrderedDict[asyncio.Task[None], None] = OrderedDict()
        self._pauses: dict[socket, asyncio.TimerHandle] = {}
        for listening in sockets:
            self._read(listening)

    def close(self) -> None:
        """Accept no more. Who is shaking hands may go on."""
        for pause in self._pauses.values():
            pause.cancel()
        for listening in self._sockets:
            self._loop.remove_reader(listening)

    @property
    def is_pausing(self) -> bool:
        """Whether nobody can be accepted for a moment, since the system has no room."""
        return bool(self._pauses)

    def _read(self, listening: socket) -> None:
        self._pauses.pop(listening, None)
        self._loop.add_reader(listening, self._readable, listening)

    def _readable(self, listening: socket) -> None:
        for came, address in self._accepted(listening):
            if not self._welcomes(address):
                came.close()
                continue
            task = self._loop.create_task(self._shake(came))
            self._shaking[task] = None
            task.add_done_callback(self._done)
            if len(self._shaking) > MOST_HANDSHAKES:
                oldest, _ = self._shaking.popitem(last=False)
                oldest.cancel()

    def _accepted(self, listening: socket) -> Iterator[tuple[socket, str]]:
        for _ in range(BURST):
            try:
                came, address = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return  # another process took it, or it has gone
            except OSError:
                self._loop.remove_reader(listening)
                self._pauses[listening] = self._loop.call_later(PAUSE_SECONDS, self._read, listening)
                return
            came.setblocking(False)
            yield came, address[0]

    async def _shake(self, came: socket) -> None:
        with contextlib.suppress(OSError, TimeoutError):  # it has gone, or speaks no TLS
            await self._loop.connect_accepted_socket(
                self._protocol, came, ssl=self._tls, ssl_handshake_timeout=self._seconds
            )

    def _done(self, task: asyncio.Task[None]) -> None:
        self._shaking.pop(task, None)
