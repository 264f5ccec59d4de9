"""A NAS that asks over TLS (RFC 6614), by a certificate of its own."""

from __future__ import annotations

import socket
import ssl
import struct
from pathlib import Path
from typing import Protocol

from tests.protocols.radius.nas import NAS, PATIENCE_SECONDS, Answer

SAFE = "127.0.1.8"


class Protected(Protocol):
    """A server with `tests.protocols.radius.certificates` in its folder `tls`."""

    config: Path
    radsec: int


class Tunnel(NAS):
    """A NAS behind TLS; it has no datagrams to send."""

    def __init__(
        self, server: Protected, name: str = "nas", address: str = SAFE, version: str = "TLSv1_3"
    ) -> None:
        super().__init__(server.radsec, address, b"radsec")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
        context.load_verify_locations(server.config / "tls" / "ca.pem")
        if name:
            context.load_cert_chain(
                server.config / "tls" / f"{name}.pem", server.config / "tls" / f"{name}.key"
            )
        raw = socket.create_connection(("127.0.0.1", server.radsec), 15, (address, 0))
        try:
            self.stream = context.wrap_socket(raw, server_hostname="radius.example.com")
        except OSError:
            raw.close()
            self.socket.close()
            raise

    def close(self) -> None:
        self.stream.close()
        self.socket.close()

    def send(self, packet: bytes) -> None:
        self.stream.sendall(packet)

    def receive(self, packet: bytes, seconds: float = PATIENCE_SECONDS) -> Answer | None:
        """The next answer, which is to this packet; None for silence."""
        self.stream.settimeout(seconds)
        try:
            head = self._exactly(4)
        except TimeoutError:
            return None
        return self.verified(head + self._exactly(struct.unpack("!BBH", head)[2] - 4), packet)

    def exchange(self, *packets: bytes) -> list[Answer]:
        """Send all of them, then read as many answers, in whatever order they come."""
        self.stream.sendall(b"".join(packets))
        asked, found = {packet[1]: packet for packet in packets}, []
        for _ in packets:
            head = self._exactly(4)
            raw = head + self._exactly(struct.unpack("!BBH", head)[2] - 4)
            found.append(self.verified(raw, asked[raw[1]]))
        return found

    def _exactly(self, size: int) -> bytes:
        got = b""
        while len(got) < size:
            part = self.stream.recv(size - len(got))
            if not part:
                raise EOFError
            got += part
        return got
