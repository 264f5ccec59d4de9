"""When a datagram came, as the kernel tells: it may have lain unread for a while."""

from __future__ import annotations

import contextlib
import struct
import time
from collections.abc import Sequence
from socket import SOL_SOCKET, socket
from typing import Final

from protocols.radius.packet import LONGEST

_SO_TIMESTAMPNS: Final = 35  # socket(7); the module has no name for it
_TIMESPEC: Final = struct.Struct("@qq")
_ROOM: Final = 64  # for its control message

Ancillary = Sequence[tuple[int, int, bytes]]


def stamp(sock: socket) -> None:
    """From now on the kernel says when each datagram came; where it cannot, they count as just come."""
    with contextlib.suppress(OSError):
        sock.setsockopt(SOL_SOCKET, _SO_TIMESTAMPNS, 1)


def read(sock: socket) -> tuple[bytes, tuple[object, ...], float]:
    """A datagram, its sender, and for how long it has lain there (seconds). Raises OSError."""
    datagram, ancillary, _, address = sock.recvmsg(LONGEST, _ROOM)
    return datagram, address, _lain(ancillary)


def _lain(ancillary: Ancillary) -> float:
    for level, kind, data in ancillary:
        if (level, kind) == (SOL_SOCKET, _SO_TIMESTAMPNS) and len(data) == _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack(data)
            # the clock of the kernel's stamps, whatever time it is for logins
            since: float = time.clock_gettime(time.CLOCK_REALTIME) - seconds - nanoseconds / 1e9
            return max(0.0, since)
    return 0.0
