"""What we ask over UDP ourselves, of a NAS (RFC 5176) or as one: requests, and whether an answer is genuine."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
from collections.abc import Collection, Iterable
from typing import Any

from protocols.radius.packet import (
    BLOCK,
    HEADER_BYTES,
    SHORTEST,
    Attribute,
    Malformed,
    Packet,
    authenticated,
    decode,
    encode,
)


class Unanswered(Exception):
    """Nobody answered who knows the secret; says where."""


def request(code: int, identifier: int, attributes: Iterable[Attribute], secret: bytes) -> bytes:
    """A request whose authenticator is made of its content (RFC 2866 §3, RFC 5176 §2.3)."""
    return authenticated(encode(code, identifier, bytes(BLOCK), attributes, secret), secret)


def is_reply_authentic(packet: Packet, asked: bytes, secret: bytes) -> bool:
    """Whether it answers the request that has the authenticator `asked`, by a holder of the secret."""
    raw = packet.raw
    computed = hashlib.md5(raw[:HEADER_BYTES] + asked + raw[SHORTEST:] + secret).digest()  # noqa: S324
    return hmac.compare_digest(computed, packet.authenticator)


async def ask(
    to: tuple[str, str | int],
    packet: bytes,
    secret: bytes,
    codes: Collection[int],
    seconds: float,
    attempts: int,
) -> Packet:
    """The genuine answer of one of these codes; the same packet goes out every `seconds`. Raises `Unanswered`."""
    host, port = to
    loop = asyncio.get_running_loop()
    try:
        transport, listener = await loop.create_datagram_endpoint(
            lambda: _Listener(packet, secret, codes), remote_addr=(host, int(port))
        )
    except (OSError, ValueError) as error:
        raise Unanswered(f"{host} cannot be asked: {error}") from None
    try:
        for _ in range(attempts):
            transport.sendto(packet)
            with contextlib.suppress(TimeoutError):
                return await asyncio.wait_for(asyncio.shield(listener.answer), seconds)
    finally:
        transport.close()
    raise Unanswered(f"{host} did not answer at port {port}")


class _Listener(asyncio.DatagramProtocol):
    """Waits for the one genuine answer; everything else is not even heard."""

    def __init__(self, asked: bytes, secret: bytes, codes: Collection[int]) -> None:
        self._asked = decode(asked)
        self._secret, self._codes = secret, codes
        self.answer: asyncio.Future[Packet] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, _: tuple[Any, ...]) -> None:
        with contextlib.suppress(Malformed):
            packet = decode(data)
            if (
                packet.identifier == self._asked.identifier
                and packet.code in self._codes
                and is_reply_authentic(packet, self._asked.authenticator, self._secret)
                and not self.answer.done()
            ):
                self.answer.set_result(packet)
