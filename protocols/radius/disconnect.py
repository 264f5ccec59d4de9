"""Disconnect-Request (RFC 5176): a NAS is asked to end a session that it had reported."""

from __future__ import annotations

import itertools
import secrets
from typing import Final

from idp.logout.farewell import Untold
from protocols.radius.accounting import SESSION_ID
from protocols.radius.asking import Unanswered, ask, request
from protocols.radius.clients import NAS
from protocols.radius.packet import (
    CALLING_STATION_ID,
    ERROR_CAUSE,
    LONGEST_VALUE,
    NAS_IDENTIFIER,
    USER_NAME,
    Attribute,
    Code,
    Packet,
)
from storage.network import NetworkSession

REPEAT_SECONDS: Final = 1.0
ATTEMPTS: Final = 4  # within the time that `idp.logout.delivering` gives
ANSWERS: Final = (Code.DISCONNECT_ACK, Code.DISCONNECT_NAK)
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
    try:
        return await ask((address, port), packet, nas.secret, ANSWERS, REPEAT_SECONDS, ATTEMPTS)
    except Unanswered as unanswered:
        raise Untold(str(unanswered)) from None
