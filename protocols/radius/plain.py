"""What the plain methods have in common: a packet carries one answer, and no reply needs anything of the method."""

from __future__ import annotations

from collections.abc import Sequence

from protocols.radius.clients import NAS
from protocols.radius.method import Done, Given, Question, Say
from protocols.radius.packet import Attribute, Packet
from protocols.radius.reply_message import reply_messages


class Plain:
    """A question is its lines as Reply-Messages (RFC 2865 §5.18)."""

    def ask(self, packet: Packet, nas: NAS, given: Given, question: Question) -> Say:  # noqa: ARG002
        return Say(reply_messages(question.lines))

    def accept(self, packet: Packet, nas: NAS, given: Given) -> Done:  # noqa: ARG002
        return Done()

    def reject(self, packet: Packet, nas: NAS, given: Given | None) -> Sequence[Attribute]:  # noqa: ARG002
        return ()
