"""MS-CHAP in RADIUS attributes (RFC 2548 §2.1–2.3): a NAS that authenticates PPP clients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from protocols.radius import mppe, mschap
from protocols.radius.clients import NAS
from protocols.radius.method import Done, Given, Question, Refused, Say
from protocols.radius.mppe import MICROSOFT
from protocols.radius.mschap_response import NTResponse
from protocols.radius.packet import (
    USER_NAME,
    Attribute,
    Malformed,
    Packet,
    vendor_attributes,
    vendor_specific,
)
from protocols.radius.reply_message import reply_messages

RESPONSE, ERROR, CHALLENGE, RESPONSE_2, SUCCESS_2 = 1, 2, 11, 25, 26
LENGTH: Final = 50  # of either response
CHALLENGE_BYTES_1: Final = 8
NT: Final = 1  # the flag that says which of two responses counts (RFC 2548 §2.1.3)
AUTHENTICATION_FAILURE: Final = b"E=691 R=0"  # and no second try under this challenge (RFC 2433 §A.9)


@dataclass(frozen=True, slots=True)
class MSCHAPGiven(Given):
    """With what the answer to the client is made of."""

    identifier: bytes
    proof: NTResponse


class MSCHAP:
    """Version 1, which does not prove to the client that we know the password, too."""

    name = "mschap"
    kind = RESPONSE

    def is_used_by(self, packet: Packet) -> bool:
        try:
            return _value(packet, self.kind) is not None
        except Malformed:
            return False

    def read(self, packet: Packet, nas: NAS, held: bytes | None) -> Given | Say | Done:  # noqa: ARG002
        challenge, response = _value(packet, CHALLENGE), _value(packet, self.kind)
        if challenge is None or response is None or len(response) != LENGTH:
            raise Malformed("MS-CHAP needs a challenge and a response of 50 bytes")
        proof = NTResponse(self._asked(packet, challenge, response), response[-mschap.RESPONSE_BYTES :])
        return MSCHAPGiven(self.name, packet.text(USER_NAME), proof, response[:1], proof)

    def ask(self, packet: Packet, nas: NAS, given: Given, question: Question) -> Say:  # noqa: ARG002
        return Say(reply_messages(question.lines))

    def accept(self, packet: Packet, nas: NAS, given: Given) -> Say | Done:
        assert isinstance(given, MSCHAPGiven)
        keys = mppe.keys_v1(mschap.key_v1(given.proof.password_hash), nas.secret, packet.authenticator)
        return Done((keys, *mppe.encryption()))

    def reject(self, packet: Packet, nas: NAS, given: Given | None) -> Sequence[Attribute]:  # noqa: ARG002
        identifier = given.identifier if isinstance(given, MSCHAPGiven) else b"\0"
        return (vendor_specific(MICROSOFT, ERROR, identifier + AUTHENTICATION_FAILURE),)

    def _asked(self, packet: Packet, challenge: bytes, response: bytes) -> bytes:  # noqa: ARG002
        """The 8 bytes that the client answered."""
        if response[1] != NT:
            raise Refused("a LAN Manager response is not accepted (RFC 2433 §5)")
        if len(challenge) != CHALLENGE_BYTES_1:
            raise Malformed("the challenge of MS-CHAP has 8 bytes")
        return challenge


class MSCHAPv2(MSCHAP):
    """Version 2: both sides prove that they know the password."""

    name = "mschapv2"
    kind = RESPONSE_2

    def accept(self, packet: Packet, nas: NAS, given: Given) -> Say | Done:
        assert isinstance(given, MSCHAPGiven)
        proof = given.proof
        proven = mschap.authenticator_response(proof.password_hash, proof.response, proof.challenge)
        send, receive = mschap.session_keys(proof.password_hash, proof.response)
        return Done(
            (
                vendor_specific(MICROSOFT, SUCCESS_2, given.identifier + proven.encode()),
                *mppe.session_keys(send, receive, nas.secret, packet.authenticator),
                *mppe.encryption(),
            )
        )

    def _asked(self, packet: Packet, challenge: bytes, response: bytes) -> bytes:
        if len(challenge) != mschap.CHALLENGE_BYTES:
            raise Malformed("the challenge of MS-CHAPv2 has 16 bytes")
        username = mschap.without_domain(packet.first(USER_NAME) or b"")
        return mschap.challenge_hash(response[2:18], challenge, username)


def _value(packet: Packet, kind: int) -> bytes | None:
    """The first of Microsoft's attributes of this type."""
    return next((value for found, value in vendor_attributes(packet, MICROSOFT) if found == kind), None)
