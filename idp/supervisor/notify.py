"""Tells systemd how we stand, when it asked for that (sd_notify(3))."""

from __future__ import annotations

import os
import socket
import time


def ready() -> None:
    """The new configuration is in force and requests are answered."""
    _send("READY=1")


def reloading() -> None:
    """A new generation is being started; the time lets systemd match the READY that follows."""
    _send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")


def stopping() -> None:
    """The graceful end has begun."""
    _send("STOPPING=1")


def _send(state: str) -> None:
    path = os.environ.get("NOTIFY_SOCKET")
    if not path:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        # a leading @ stands for the NUL of the abstract name space
        sock.connect("\0" + path[1:] if path.startswith("@") else path)
        sock.sendall(state.encode())
