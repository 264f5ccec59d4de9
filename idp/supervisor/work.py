"""What workers do, as far as the supervisor knows it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from socket import socket
from typing import Protocol


class Stop(asyncio.Event):
    """Set when a worker is to accept nothing new; `at_once` too, when nobody takes over from it.

    Before that it may be `leaving` for a while: it serves as ever, and says that it will not for long.
    """

    def __init__(self) -> None:
        super().__init__()
        self.leaving = asyncio.Event()
        self.at_once = asyncio.Event()


class Work(Protocol):
    """One configuration made ready to serve; every worker of a generation does the same."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where to listen, as `host:port`, `tcp:host:port` or `udp:host:port`."""

    @property
    def workers(self) -> int:
        """How many processes."""

    @property
    def drain_seconds(self) -> int:
        """How long a worker whom nobody replaces is leaving before it stops, so that balancers hear of it."""

    async def serve(
        self, sockets: Mapping[str, tuple[socket, ...]], ready: Callable[[], None], stop: Stop
    ) -> None:
        """Serve at the sockets of these addresses until `stop` is set, then finish what was begun.

        Calls `ready` once requests are answered.
        """


class Unfit(Exception):
    """Work that cannot be begun; `mistakes` says why, one line each."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = tuple(mistakes)


Load = Callable[[], Work]  # raises Unfit
