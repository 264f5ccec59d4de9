"""A NAS: it asks over UDP from an address of its own, and believes no answer that is not signed."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import os
import re
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

ACCEPT, REJECT, CHALLENGE = 2, 3, 11
SECRET = b"a-secret-of-the-tests-0123"
QUIET_SECONDS = 0.5  # silence for so long is silence
PATIENCE_SECONDS = 60.0

Attribute = tuple[int, bytes]


def encoded(attributes: Iterable[Attribute]) -> bytes:
    return b"".join(bytes((kind, len(value) + 2)) + value for kind, value in attributes)


def hidden(password: bytes, authenticator: bytes, secret: bytes) -> bytes:
    """RFC 2865 §5.2."""
    padded = password.ljust(max(16, -(-len(password) // 16) * 16), b"\0")
    out, before = b"", authenticator
    for place in range(0, len(padded), 16):
        key = hashlib.md5(secret + before).digest()
        before = bytes(a ^ b for a, b in zip(padded[place : place + 16], key, strict=True))
        out += before
    return out


@dataclass(frozen=True)
class Answer:
    """A reply, verified."""

    code: int
    attributes: tuple[Attribute, ...]
    raw: bytes = field(repr=False)

    def all(self, kind: int) -> list[bytes]:
        return [value for found, value in self.attributes if found == kind]

    @property
    def state(self) -> bytes:
        (state,) = self.all(24)
        return state

    @property
    def text(self) -> str:
        return "\n".join(value.decode() for value in self.all(18))

    @property
    def table(self) -> list[list[str]]:
        """The digits that the Reply-Messages draw."""
        return table_in(self.text)


def table_in(text: str) -> list[list[str]]:
    """The digits of a table that is drawn in lines of text."""
    return [row.split() for row in re.findall(r"^\d+ +(\d(?: +\d)+) *$", text, re.MULTILINE)]


class NAS:
    """`address` is where it asks from: 127.0.0.1 to 127.0.0.254 are all ours; `to` is the server's."""

    def __init__(
        self, port: int, address: str = "127.0.0.1", secret: bytes = SECRET, to: str = "127.0.0.1"
    ) -> None:
        self.secret = secret
        self.socket = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.socket.connect(("::1" if ":" in address else to, port))
        self._identifiers = itertools.count(os.urandom(1)[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def request(
        self, *attributes: Attribute, code: int = 1, signed: bool = True, authenticator: bytes | None = None
    ) -> bytes:
        """A packet, its Message-Authenticator last, as most clients have it."""
        authenticator = authenticator or os.urandom(16)
        body = encoded(attributes) + (bytes((80, 18)) + bytes(16) if signed else b"")
        head = struct.pack("!BBH", code, next(self._identifiers) % 256, 20 + len(body)) + authenticator
        if not signed:
            return head + body
        return head + body[:-16] + hmac.digest(self.secret, head + body, "md5")

    def pap(
        self, name: str, password: str, *more: Attribute, state: bytes | None = None, signed: bool = True
    ) -> bytes:
        """An Access-Request with User-Password."""
        authenticator = os.urandom(16)
        attributes = [
            (1, name.encode()),
            (2, hidden(password.encode(), authenticator, self.secret)),
            *([(24, state)] if state is not None else []),
            *more,
        ]
        return self.request(*attributes, signed=signed, authenticator=authenticator)

    def chap(self, name: str, password: str, *more: Attribute, state: bytes | None = None) -> bytes:
        """An Access-Request with CHAP-Password."""
        challenge, number = os.urandom(16), os.urandom(1)
        digest = hashlib.md5(number + password.encode() + challenge).digest()
        held = [(24, state)] if state is not None else []
        return self.request((1, name.encode()), (3, number + digest), (60, challenge), *held, *more)

    def send(self, packet: bytes) -> None:
        self.socket.send(packet)

    def receive(self, packet: bytes, seconds: float = PATIENCE_SECONDS) -> Answer | None:
        """The answer to this packet; None for silence."""
        self.socket.settimeout(seconds)
        try:
            raw = self.socket.recv(4096)
        except TimeoutError:
            return None
        return self.verified(raw, packet)

    def ask(self, packet: bytes) -> Answer:
        self.send(packet)
        answer = self.receive(packet)
        assert answer is not None, "no answer"
        return answer

    def is_ignored(self, packet: bytes) -> bool:
        self.send(packet)
        return self.receive(packet, QUIET_SECONDS) is None

    def verified(self, raw: bytes, packet: bytes) -> Answer:
        """Raises AssertionError for what only a forger or another request's answer can be."""
        code, identifier, length = struct.unpack_from("!BBH", raw)
        assert (identifier, length) == (packet[1], len(raw))
        expected = hashlib.md5(raw[:4] + packet[4:20] + raw[20:] + self.secret).digest()
        assert hmac.compare_digest(raw[4:20], expected), "wrong Response Authenticator"
        attributes, place = [], 20
        while place < length:
            attributes.append((raw[place], raw[place + 2 : place + raw[place + 1]]))
            place += raw[place + 1]
        if code != 5:  # RFC 3579 §3.2
            assert attributes[0][0] == 80, "Message-Authenticator is not the first"
            blank = raw[:4] + packet[4:20] + raw[20:22] + bytes(16) + raw[38:]
            assert hmac.compare_digest(attributes[0][1], hmac.digest(self.secret, blank, "md5"))
        return Answer(code, tuple(attributes), raw)
