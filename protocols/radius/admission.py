"""Which packets are looked at: those that a holder of the secret has made. All others are dropped in silence."""

from __future__ import annotations

from collections.abc import Collection

from protocols.radius.clients import NAS
from protocols.radius.packet import (
    BLOCK,
    EAP_MESSAGE,
    PROXY_STATE,
    Code,
    Packet,
    is_accounting_authentic,
    is_signed,
)

UNSIGNED = "no Message-Authenticator"
FORGED = "wrong Message-Authenticator: another secret, or changed on the way"
WRONG_AUTHENTICATOR = "wrong Request Authenticator: another secret, or changed on the way"
WRONG_CODE = "a code that is not answered here"


def fault(packet: Packet, nas: NAS, kinds: Collection[int]) -> str | None:
    """Why this packet is dropped; None where it is to be answered. `kinds` are answered here."""
    if packet.code not in kinds:
        return WRONG_CODE
    match packet.code:
        case Code.ACCESS_REQUEST:
            if packet.signed_at is None:
                return None if may_be_unsigned(packet, nas) else UNSIGNED
            return None if is_signed(packet, nas.secret) else FORGED
        case Code.STATUS_SERVER:  # RFC 5997 §3: MUST be signed
            if packet.signed_at is None:
                return UNSIGNED
            return None if is_signed(packet, nas.secret) else FORGED
        case Code.ACCOUNTING_REQUEST:
            if not is_accounting_authentic(packet, nas.secret):
                return WRONG_AUTHENTICATOR
            signed = packet.signed_at is None or is_signed(packet, nas.secret, bytes(BLOCK))
            return None if signed else FORGED
    return WRONG_CODE


def may_be_unsigned(packet: Packet, nas: NAS) -> bool:
    """Whether an Access-Request needs no Message-Authenticator: of a NAS that is excepted by name, or behind TLS.

    Never one with EAP (RFC 3579 §3.1), nor one with a Proxy-State: that is where a forger puts the blocks which
    make his answer collide with ours (CVE-2024-3596).
    """
    if packet.first(EAP_MESSAGE) is not None:
        return False
    if nas.is_protected:
        return True
    return nas.settings.message_authenticator == "optional" and packet.first(PROXY_STATE) is None
