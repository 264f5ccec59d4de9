"""EAP as a method of the door: the peer's name, then one of the types that both sides take."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from protocols.radius.clients import NAS
from protocols.radius.eap import message
from protocols.radius.eap.conversation import Conversation, load
from protocols.radius.eap.gtc import EAPGiven, GenericTokenCard
from protocols.radius.eap.message import IDENTITY, NAK, Code, Response
from protocols.radius.eap.mschapv2 import MSCHAPv2
from protocols.radius.method import Done, Given, Question, Refused, Say
from protocols.radius.packet import EAP_MESSAGE, USER_NAME, Attribute, Malformed, Packet

Type = GenericTokenCard | MSCHAPv2
# EAP-MD5 is not among them: it gives no key, and no proof that we are we (RFC 3748 §5.4).
TYPES: Final[Mapping[str, Type]] = {each.name: each for each in (MSCHAPv2(), GenericTokenCard())}
BY_KIND: Final[Mapping[int, Type]] = {each.kind: each for each in TYPES.values()}


class EAP:
    """`protocols.radius.method.Method` for every type; the order of `methods` is the order of our offers."""

    name = "eap"

    def is_used_by(self, packet: Packet) -> bool:
        return packet.first(EAP_MESSAGE) is not None

    def read(self, packet: Packet, nas: NAS, held: bytes | None) -> Given | Say | Done:
        response = message.read(packet)
        if response is None:
            return _ask_identity()
        if held is None:
            return _begin(packet, nas, response, Conversation(IDENTITY, response.identifier))
        if not held:
            raise Refused("the State is of a question that was not asked by EAP")
        conversation = load(held)
        conversation.follow(response)
        if conversation.kind == IDENTITY:
            return _begin(packet, nas, response, conversation)
        if response.kind == NAK:
            return _offer_another(nas, response, conversation)
        if response.kind != conversation.kind:
            raise Refused(f"EAP type {response.kind} is not what we had asked for")
        each = BY_KIND[conversation.kind]
        ended = each.confirm(packet, nas, conversation)
        return each.read(response, conversation) if ended is None else Done(ended)

    def ask(self, packet: Packet, nas: NAS, given: Given, question: Question) -> Say:  # noqa: ARG002
        assert isinstance(given, EAPGiven)
        return TYPES[given.method].ask(given, question)

    def accept(self, packet: Packet, nas: NAS, given: Given) -> Say | Done:  # noqa: ARG002
        assert isinstance(given, EAPGiven)
        return TYPES[given.method].accept(given)

    def reject(self, packet: Packet, nas: NAS, given: Given | None) -> Sequence[Attribute]:  # noqa: ARG002
        whole = b"".join(packet.all(EAP_MESSAGE))
        return message.end(Code.FAILURE, whole[1] if len(whole) > 1 else 0)


def _ask_identity() -> Say:
    """A NAS that wants us to begin (RFC 3579 §2.1)."""
    asked = Conversation(IDENTITY, 0)
    return Say(message.request(asked.identifier, IDENTITY), asked.dump(), "the identity is asked for")


def _begin(packet: Packet, nas: NAS, response: Response, conversation: Conversation) -> Given | Say:
    """Who is it? Then our first offer."""
    if response.kind != IDENTITY:
        raise Refused("an EAP conversation begins with the identity")
    try:
        identity = response.data.partition(b"\0")[0].decode()  # options of the lower layer follow (§5.1)
    except UnicodeDecodeError:
        raise Malformed("the EAP identity is not UTF-8") from None
    if packet.first(USER_NAME) is not None and packet.text(USER_NAME) != identity:
        raise Refused("User-Name is not the EAP identity (RFC 3579 §2.1)")
    return _offer(nas, dataclasses.replace(conversation, identity=identity))


def _offer_another(nas: NAS, response: Response, conversation: Conversation) -> Given | Say:
    """The peer does not want this type, and says which ones it would take (RFC 3748 §5.3.1)."""
    if conversation.keeps.keys() - {"challenge"}:
        raise Refused("the peer refuses a type that it had taken")
    refused = (*conversation.refused, conversation.kind)
    return _offer(nas, dataclasses.replace(conversation, refused=refused), frozenset(response.data))


def _offer(nas: NAS, conversation: Conversation, wanted: frozenset[int] | None = None) -> Given | Say:
    """Our first type that the peer has not refused, and wants, as far as it has said."""
    for each in _types(nas):
        if each.kind not in conversation.refused and (wanted is None or each.kind in wanted):
            offered = each.offer(conversation)
            return _told(offered, each, conversation) if isinstance(offered, Say) else offered
    raise Refused("there is no EAP type that both sides take; EAP-MD5 is none of ours")


def _told(offered: Say, each: Type, conversation: Conversation) -> Say:
    """The offer with what the audit log says of it."""
    refused = ", ".join(BY_KIND[kind].name for kind in conversation.refused)
    instead = f", since the peer refused {refused}" if refused else ""
    return dataclasses.replace(offered, about=f"{each.name} is offered{instead}")


def _types(nas: NAS) -> Iterator[Type]:
    return (TYPES[name] for name in nas.settings.methods if name in TYPES)
