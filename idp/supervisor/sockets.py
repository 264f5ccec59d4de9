"""The listening sockets: bound by the supervisor or inherited from systemd, shared by all workers."""

from __future__ import annotations

import os
import socket
from collections.abc import Collection, Mapping, MutableMapping

BACKLOG = 1024  # connections that the kernel holds until a worker accepts them
FIRST_INHERITED = 3  # sd_listen_fds(3)
EVERYWHERE = "*"
PREFIXES = TCP, UDP = "tcp:", "udp:"
QUEUE_BYTES = 4 * 1024 * 1024  # what the kernel may keep for a worker that is being replaced

Sockets = tuple[socket.socket, ...]


class Listeners:
    """Sockets by address. One that a new configuration still names stays open, with all that waits in it."""

    def __init__(self, inherited: Collection[socket.socket] = ()) -> None:
        self._inherited = tuple(inherited)
        self._bound: dict[str, Sockets] = {}

    def at(self, addresses: Collection[str], workers: int = 1) -> tuple[Mapping[str, Sockets], ...]:
        """For each worker its sockets by address; binds what is missing. Raises OSError.

        All accept at one TCP socket. At `udp:host:port` each has its own: the kernel keeps the packets of one
        sender with one worker, who then knows a repeated one again. `tcp:host:port` is as `host:port`, but
        inherited sockets stand for the latter only: who activates us decides where our pages are.
        """
        return tuple(
            {address: self._of(_name(address, number)) for address in addresses} for number in range(workers)
        )

    def besides(self, mine: Mapping[str, Sockets]) -> list[socket.socket]:
        """All that are open but a worker's own. As long as he had them too, the kernel would go on giving connections
        and packets to those that nobody reads any more.
        """
        own = {sock for sockets in mine.values() for sock in sockets}
        return [sock for sockets in self._bound.values() for sock in sockets if sock not in own]

    def keep(self, addresses: Collection[str], workers: int = 1) -> None:
        """Close what no configuration names any more."""
        named = {_name(address, number) for address in addresses for number in range(workers)}
        for name in self._bound.keys() - named:
            for sock in self._bound.pop(name):
                sock.close()

    def _of(self, name: str) -> Sockets:
        if self._inherited and not name.startswith(PREFIXES):
            return self._inherited
        if name not in self._bound:
            self._bound[name] = bind(name.partition("#")[0])
        return self._bound[name]


def _name(address: str, number: int) -> str:
    return f"{address}#{number}" if address.startswith(UDP) else address


def bind(address: str) -> Sockets:
    """Listen at `host:port`: a name may stand for IPv4 and IPv6 addresses, `*` for every one of both."""
    is_datagram = address.startswith(UDP)
    host, _, port = address.removeprefix(UDP).removeprefix(TCP).rpartition(":")
    wanted = socket.SOCK_DGRAM if is_datagram else socket.SOCK_STREAM
    name = None if host == EVERYWHERE else host.strip("[]")
    opened: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(name, int(port), type=wanted, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, target in dict.fromkeys(found):
            sock = socket.socket(family, kind, protocol)
            opened.append(sock)
            _open(sock, target)
    except OSError as error:
        for sock in opened:
            sock.close()
        raise OSError(error.errno, f"cannot listen at {address}: {error.strerror}") from error
    return tuple(opened)


def _open(sock: socket.socket, target: object) -> None:
    is_datagram = sock.type == socket.SOCK_DGRAM
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT if is_datagram else socket.SO_REUSEADDR, 1)
    if sock.family == socket.AF_INET6:
        # an IPv6 socket that also took IPv4 would collide with the IPv4 socket beside it
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.bind(target)  # type: ignore[arg-type]
    if is_datagram:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, QUEUE_BYTES)  # the kernel gives what it allows
    else:
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
