"""EAP-GTC (RFC 3748 §5.6): a line of text to the user, a line of text back, as often as there are questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from keys.secret import Secret
from protocols.radius.clients import NAS
from protocols.radius.eap import message
from protocols.radius.eap.conversation import Conversation
from protocols.radius.eap.message import GTC, Code, Response
from protocols.radius.method import Done, Given, Question, Refused, Say
from protocols.radius.packet import Attribute, Packet

LONGEST: Final = 1000  # bytes of a prompt: a request must fit a link of 1020 (RFC 3748 §3.1 [4])


@dataclass(frozen=True, slots=True)
class EAPGiven(Given):
    """With the conversation in which it was given."""

    conversation: Conversation


class GenericTokenCard:
    """The type `eap-gtc`. It carries the answer as it is, so that a password will do."""

    name = "eap-gtc"
    kind = GTC

    def offer(self, conversation: Conversation) -> Given | Say:
        """The login begins with the name alone: what to ask is not ours to say."""
        if conversation.is_anonymous:
            raise Refused("EAP-GTC needs the user's name as the identity")
        return EAPGiven(self.name, conversation.identity, Secret(""), conversation)

    def read(self, response: Response, conversation: Conversation) -> Given:
        try:
            answer = Secret(response.data.decode())
        except UnicodeDecodeError:
            raise Refused("the answer is not UTF-8") from None
        return EAPGiven(self.name, conversation.identity, answer, conversation)

    def ask(self, given: EAPGiven, question: Question) -> Say:
        text = "\n".join(question.lines).encode()
        if len(text) > LONGEST:
            raise Refused("the question is too long for EAP-GTC")
        before = given.conversation
        asked = before.next(GTC, answered=True) if before.kind == GTC else before.next(GTC)
        return Say(message.request(asked.identifier, GTC, text), asked.dump())

    def accept(self, given: EAPGiven) -> Say | Done:
        return Done(message.end(Code.SUCCESS, given.conversation.identifier))

    def confirm(self, packet: Packet, nas: NAS, conversation: Conversation) -> Sequence[Attribute] | None:  # noqa: ARG002
        """Nothing is confirmed: every response is an answer."""
        return None
