"""Disconnect-Request (RFC 5176): a NAS is asked to end a session that it had reported."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
from typing import Any, Final

from idp.logout.farewell import Untold
from protocols.radius.accounting import SESSION_ID
from protocols.radius.asking import is_reply_authentic, request
from protocols.radius.clients import NAS
from protocols.radius.packet import (
    CALLING_STATION_ID,
    ERROR_CAUSE,
    LONGEST_VALUE,
    NAS_IDENTIFIER,
    USER_NAME,
    Attribute,
    Code,
    Malformed,
    Packet,
    decode,
)
from storage.network import NetworkSession

REPEAT_SECONDS: Final = 1.0
ATTEMPTS: Final = 4  # within the time that `idp.logout.delivering` gives
SESSION_CONTEXT_NOT_FOUND: Final = 503  # RFC 5176 §3.5

_identifiers = itertools.count(secrets.randbelow(256))


async def disconnect(nas: NAS, session: NetworkSession, port: int) -> None:
    """Returns when the session is over, or the NAS knows of none. Raises `Untold`."""
    address, _, named = session.nas.partition(" ")
    texts = (
        (USER_NAME, session.username),
        (SESSION_ID, session.session),
        (CALLING_STATION_ID, session.station),
        (NAS_IDENTIFIER, named),
    )
    attributes = [(kind, text.encode()[:LONGEST_VALUE]) for kind, text in texts if text]
    answer = await _ask(nas, address, port, attributes)
    if answer.code == Code.DISCONNECT_ACK:
        return
    cause = int.from_bytes(answer.first(ERROR_CAUSE) or b"")
    if cause != SESSION_CONTEXT_NOT_FOUND:
        raise Untold(f"the NAS refuses to disconnect, error cause {cause or 'not given'} (RFC 5176 §3.5)")


async def _ask(nas: NAS, address: str, port: int, attributes: list[Attribute]) -> Packet:
    """Ask until it answers: the same packet, so that the NAS knows it again."""
    packet = request(Code.DISCONNECT_REQUEST, next(_identifiers) % 256, attributes, nas.secret)
    loop = asyncio.get_running_loop()
    try:
        transport, listener = await loop.create_datagram_endpoint(
            lambda: _Listener(packet, nas.secret), remote_addr=(address, port)
        )
    except (OSError, ValueError) as error:
        raise Untold(f"{address} cannot be asked: {error}") from None
    try:
        for _ in range(ATTEMPTS):
            transport.sendto(packet)
            with contextlib.suppress(TimeoutError):
                return await asyncio.wait_for(asyncio.shield(listener.answer), REPEAT_SECONDS)
    finally:
        transport.close()
    raise Untold(f"{address} did not answer at port {port}")


class _Listener(asyncio.DatagramProtocol):
    """Waits for the one genuine answer; everything else is not even heard."""

    def __init__(self, asked: bytes, secret: bytes) -> None:
        self._asked = decode(asked)
        self._secret = secret
        self.answer: asyncio.Future[Packet] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, _: tuple[Any, ...]) -> None:
        with contextlib.suppress(Malformed):
            packet = decode(data)
            if (
                packet.identifier == self._asked.identifier
                and packet.code in (Code.DISCONNECT_ACK, Code.DISCONNECT_NAK)
                and is_reply_authentic(packet, self._asked.authenticator, self._secret)
                and not self.answer.done()
            ):
                self.answer.set_result(packet)
