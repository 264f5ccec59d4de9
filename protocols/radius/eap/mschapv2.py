"""EAP-MSCHAPv2 (draft-kamath-pppext-eap-mschapv2-02): MS-CHAPv2 with the user's name inside, and session keys."""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from protocols.radius import mppe, mschap
from protocols.radius.clients import NAS
from protocols.radius.eap import message
from protocols.radius.eap.conversation import Conversation
from protocols.radius.eap.gtc import EAPGiven
from protocols.radius.eap.message import MSCHAPV2, Code, Response
from protocols.radius.method import Done, Given, Question, Refused, Say
from protocols.radius.mschap_response import NTResponse
from protocols.radius.packet import Attribute, Malformed, Packet

CHALLENGE, RESPONSE, SUCCESS = 1, 2, 3  # §2: OpCode
HEAD = struct.Struct("!BBH")  # OpCode, MS-CHAPv2-ID, MS-Length
VALUE_BYTES: Final = 49
OUR_NAME: Final = b"masugata"  # the peer need not know it


@dataclass(frozen=True, slots=True)
class MSCHAPGiven(EAPGiven):
    """With what the proof to the peer is made of."""

    proof: NTResponse


class MSCHAPv2:
    """The type `eap-mschapv2`."""

    name = "eap-mschapv2"
    kind = MSCHAPV2

    def offer(self, conversation: Conversation) -> Given | Say:
        challenge = os.urandom(mschap.CHALLENGE_BYTES)
        asked = conversation.next(MSCHAPV2, challenge=challenge.hex())
        value = bytes((len(challenge),)) + challenge + OUR_NAME
        return Say(_request(asked, CHALLENGE, value), asked.dump())

    def read(self, response: Response, conversation: Conversation) -> Given:
        data = response.data
        start = HEAD.size + 1
        if "challenge" not in conversation.keeps:
            raise Refused("EAP-MSCHAPv2: we had not asked for a response")
        if len(data) < start + VALUE_BYTES or data[0] != RESPONSE or data[HEAD.size] != VALUE_BYTES:
            raise Malformed("EAP-MSCHAPv2: the response is not one")
        peer, answer = data[start : start + 16], data[start + 24 : start + 48]
        name = data[start + VALUE_BYTES :]
        challenge = bytes.fromhex(conversation.keeps["challenge"])
        proof = NTResponse(mschap.challenge_hash(peer, challenge, mschap.without_domain(name)), answer)
        return MSCHAPGiven(self.name, _username(name, conversation), proof, conversation, proof)

    def ask(self, given: EAPGiven, question: Question) -> Say:  # noqa: ARG002
        raise Refused("EAP-MSCHAPv2 takes one answer, and cannot ask for another")

    def accept(self, given: EAPGiven) -> Say | Done:
        """The peer is shown that we know the answer, too, and has to say that it believes so."""
        assert isinstance(given, MSCHAPGiven)
        proof = given.proof
        send, receive = mschap.session_keys(proof.password_hash, proof.response)
        asked = given.conversation.next(MSCHAPV2, send=send.hex(), receive=receive.hex())
        proven = mschap.authenticator_response(proof.password_hash, proof.response, proof.challenge)
        # The ID is still that of the challenge (§2.3), as Windows and wpa_supplicant expect.
        number = given.conversation.identifier
        told = _request(asked, SUCCESS, f"{proven} M=OK".encode(), number)
        return Say(told, asked.dump(), "the answer was right, and the peer is to confirm")

    def confirm(self, packet: Packet, nas: NAS, conversation: Conversation) -> Sequence[Attribute] | None:
        """What ends the conversation: the keys of the session, once the peer has believed us."""
        if "send" not in conversation.keeps:
            return None
        response = message.read(packet)
        if response is None or response.data[:1] != bytes((SUCCESS,)):
            raise Refused("EAP-MSCHAPv2: the peer does not believe that we know the password")
        send, receive = (bytes.fromhex(conversation.keeps[name]) for name in ("send", "receive"))
        return (
            *message.end(Code.SUCCESS, conversation.identifier),
            *mppe.session_keys(send, receive, nas.secret, packet.authenticator),
        )


def _request(asked: Conversation, opcode: int, value: bytes, number: int | None = None) -> list[Attribute]:
    head = HEAD.pack(opcode, asked.identifier if number is None else number, HEAD.size + len(value))
    return message.request(asked.identifier, MSCHAPV2, head + value)


def _username(name: bytes, conversation: Conversation) -> str:
    """Who it is: the identity, which the NAS knows him by, unless that hides him. Raises `Refused`."""
    try:
        inner = name.decode()
    except UnicodeDecodeError:
        raise Malformed("EAP-MSCHAPv2: the name is not UTF-8") from None
    if conversation.is_anonymous:
        return inner
    outer = conversation.identity.encode()
    if mschap.without_domain(outer) != mschap.without_domain(name):
        raise Refused("EAP-MSCHAPv2: the name is another than the identity")
    return conversation.identity
