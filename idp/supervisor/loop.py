"""The event loop of a worker: uvloop's, which forgets descriptors that others closed."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVarTuple, Unpack

import uvloop

Ts = TypeVarTuple("Ts")


class Loop(uvloop.Loop):
    """libpq closes the socket of a connection that was refused, while uvloop still watches it for writing. uvloop then
    keeps its dead watcher under that number, and refuses the next socket that gets it: every later connection.
    """

    def add_reader(self, fd: Any, callback: Callable[[Unpack[Ts]], Any], *args: *Ts) -> None:
        """As asyncio has it."""
        try:
            super().add_reader(fd, callback, *args)
        except (
            RuntimeError
        ):  # the watcher is dead, or the number is a transport's: then the next line says so again
            super().remove_reader(fd)
            super().add_reader(fd, callback, *args)

    def remove_reader(self, fd: Any) -> Any:
        """As asyncio has it; aiopg forgets a descriptor that is closed, and leaves the writer behind, in the way of
        sockets that uvloop connects by itself, as those of our HTTP client.
        """
        was_watched: Any = super().remove_reader(fd)
        try:
            os.fstat(fd if isinstance(fd, int) else fd.fileno())
        except OSError:
            super().remove_writer(fd)
        return was_watched
