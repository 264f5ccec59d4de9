"""The methods, as one table: the first that a packet uses reads it."""

from __future__ import annotations

from typing import Final

from protocols.radius.chap import CHAP
from protocols.radius.eap.negotiation import EAP
from protocols.radius.method import Method
from protocols.radius.ms_chap import MSCHAP, MSCHAPv2
from protocols.radius.packet import Packet
from protocols.radius.password import PAP

METHODS: Final[tuple[Method, ...]] = (EAP(), PAP(), CHAP(), MSCHAPv2(), MSCHAP())


def method_of(packet: Packet) -> Method | None:
    """None for a packet without anything that proves somebody."""
    for method in METHODS:
        if method.is_used_by(packet):
            return method
    return None
