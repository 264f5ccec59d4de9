"""What a method of authentication is to the door: how its packets carry an answer, and how they carry ours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from idp.authenticators.answer import Answer
from protocols.radius.clients import NAS
from protocols.radius.packet import Attribute, Packet
from storage.quick import quick


class Refused(Exception):
    """The packet is none that this method can go on with. Says why, for the audit log: never a secret."""


@quick
@dataclass(frozen=True, slots=True)
class Given:
    """The user's answer, from this packet. A method may subclass it to keep what `ask` and `accept` need."""

    method: str  # as the configuration and the audit log name it: `pap`, `eap-gtc`
    username: str  # who it says he is, as typed
    answer: Answer  # a Secret, or what can only be compared


@quick
@dataclass(frozen=True, slots=True)
class Say:
    """The conversation goes on: these attributes leave in an Access-Challenge, with a State of the door's.

    `held` is what the method needs when the answer comes. The door keeps it sealed, for one use. `about` says to the
    audit log what leaves, where it is no question of the login.
    """

    attributes: Sequence[Attribute]
    held: bytes = b""
    about: str = ""


@quick
@dataclass(frozen=True, slots=True)
class Done:
    """The conversation is over: these attributes leave in the Access-Accept, if the login was proven."""

    attributes: Sequence[Attribute] = ()


@quick
@dataclass(frozen=True, slots=True)
class Question:
    """What the user is to be shown and asked: lines for people, short enough for a VPN client's window."""

    authenticator: str
    lines: tuple[str, ...]


class Method(Protocol):
    """One way of carrying answers. It keeps nothing between packets, and knows nothing of users."""

    name: str  # for the audit log, as long as `Given.method` is not known

    def is_used_by(self, packet: Packet) -> bool:
        """Whether this packet is one of this method's."""

    def read(self, packet: Packet, nas: NAS, held: bytes | None) -> Given | Say | Done:
        """What the packet brings. `held` is what the `Say` before it held; None in the first packet.

        `Done` is believed only after `accept` has said `Say`. Raises `Refused` and `packet.Malformed`.
        """

    def ask(self, packet: Packet, nas: NAS, given: Given, question: Question) -> Say:
        """One more question after this answer, or instead of it. Raises `Refused` where it cannot ask."""

    def accept(self, packet: Packet, nas: NAS, given: Given) -> Say | Done:
        """The answer was right and no more is asked. `Say` where the peer has to confirm first."""

    def reject(self, packet: Packet, nas: NAS, given: Given | None) -> Sequence[Attribute]:
        """What an Access-Reject needs of this method. `given` is None where nothing could be read."""
