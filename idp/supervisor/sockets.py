"""The listening sockets: bound by the supervisor or inherited from systemd, shared by all workers."""

from __future__ import annotations

import os
import socket
from collections.abc import Collection, MutableMapping

BACKLOG = 1024  # connections that the kernel holds until a worker accepts them
FIRST_INHERITED = 3  # sd_listen_fds(3)
EVERYWHERE = "*"


class Listeners:
    """Sockets by address. One that a new configuration still names stays open, with all that waits in it."""

    def __init__(self, inherited: Collection[socket.socket] = ()) -> None:
        self._inherited = tuple(inherited)
        self._bound: dict[str, tuple[socket.socket, ...]] = {}

    def at(self, addresses: Collection[str]) -> tuple[socket.socket, ...]:
        """The sockets for these `host:port` addresses; binds what is missing. Raises OSError.

        Inherited sockets stand for whatever addresses are configured: who activates us decides where.
        """
        if self._inherited:
            return self._inherited
        for address in addresses:
            if address not in self._bound:
                self._bound[address] = bind(address)
        return tuple(sock for address in addresses for sock in self._bound[address])

    def keep(self, addresses: Collection[str]) -> None:
        """Close what no configuration names any more."""
        for address in self._bound.keys() - set(addresses):
            for sock in self._bound.pop(address):
                sock.close()


def bind(address: str) -> tuple[socket.socket, ...]:
    """Listen at `host:port`: a name may stand for IPv4 and IPv6 addresses, `*` for every one of both."""
    host, _, port = address.rpartition(":")
    name = None if host == EVERYWHERE else host.strip("[]")
    opened: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(name, int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, target in dict.fromkeys(found):
            sock = socket.socket(family, kind, protocol)
            opened.append(sock)
            _listen(sock, target)
    except OSError as error:
        for sock in opened:
            sock.close()
        raise OSError(error.errno, f"cannot listen at {address}: {error.strerror}") from error
    return tuple(opened)


def _listen(sock: socket.socket, target: object) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if sock.family == socket.AF_INET6:
        # an IPv6 socket that also took IPv4 would collide with the IPv4 socket beside it
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.bind(target)  # type: ignore[arg-type]
    sock.listen(BACKLOG)
    sock.setblocking(False)


def inherited(environment: MutableMapping[str, str] = os.environ) -> tuple[socket.socket, ...]:
    """Stream sockets passed by systemd (sd_listen_fds(3)); the variables are consumed."""
    for_us = environment.pop("LISTEN_PID", "") == str(os.getpid())
    count = int(environment.pop("LISTEN_FDS", "0")) if for_us else 0
    passed = [socket.socket(fileno=FIRST_INHERITED + i) for i in range(count)]
    for sock in passed:
        sock.set_inheritable(False)
        sock.setblocking(False)
    return tuple(sock for sock in passed if sock.type == socket.SOCK_STREAM)
