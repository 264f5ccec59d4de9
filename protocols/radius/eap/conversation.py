"""Where a conversation stands: what the door keeps sealed between two packets of it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import orjson

from protocols.radius.eap.message import Response
from protocols.radius.method import Refused

ANONYMOUS = ("", "anonymous")  # in front of any @: as people are told to hide their names (RFC 7542 §2.4)


@dataclass(frozen=True, slots=True)
class Conversation:
    """What we asked last. Only `kind`'s own file knows what it `keeps`."""

    kind: int  # the type that was asked for
    identifier: int
    identity: str = ""
    refused: tuple[int, ...] = ()  # types that the peer does not want
    keeps: dict[str, Any] = field(default_factory=dict, repr=False)

    def dump(self) -> bytes:
        """For `Say.held`."""
        return orjson.dumps(dataclasses.asdict(self))

    @property
    def is_anonymous(self) -> bool:
        """Whether the peer tells its name only to the method itself."""
        return self.identity.partition("@")[0].casefold() in ANONYMOUS

    def follow(self, response: Response) -> None:
        """Raises `Refused` for an answer to another question (RFC 3748 §4.1)."""
        if response.identifier != self.identifier:
            raise Refused("the EAP response answers another request")

    def next(self, kind: int, **keeps: Any) -> Conversation:
        """The one after one more request."""
        identifier = following(self.identifier)
        return dataclasses.replace(self, kind=kind, identifier=identifier, keeps=keeps)


def load(held: bytes) -> Conversation:
    """The inverse of `Conversation.dump`."""
    value = orjson.loads(held)
    return Conversation(**{**value, "refused": tuple(value["refused"])})


def following(identifier: int) -> int:
    """The identifier of the next request."""
    return (identifier + 1) & 0xFF
