"""CHAP: a hash of the answer over a challenge (RFC 2865 §5.3, RFC 1994 §4.1)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from protocols.radius.clients import NAS
from protocols.radius.method import Given
from protocols.radius.packet import (
    BLOCK,
    CHAP_CHALLENGE,
    CHAP_PASSWORD,
    USER_NAME,
    Malformed,
    Packet,
)
from protocols.radius.plain import Plain


@dataclass(frozen=True, slots=True)
class Response:
    """`idp.authenticators.answer.Hashed`."""

    identifier: bytes
    challenge: bytes
    digest: bytes

    def matches(self, expected: Iterable[str]) -> list[bool]:
        return [
            hmac.compare_digest(
                hashlib.md5(self.identifier + text.encode() + self.challenge).digest(),  # noqa: S324
                self.digest,
            )
            for text in expected
        ]


class CHAP(Plain):
    """`protocols.radius.method.Method`."""

    name = "chap"

    def is_used_by(self, packet: Packet) -> bool:
        return packet.first(CHAP_PASSWORD) is not None

    def read(self, packet: Packet, nas: NAS, held: bytes | None) -> Given:  # noqa: ARG002
        value = packet.first(CHAP_PASSWORD) or b""
        if len(value) != 1 + BLOCK:
            raise Malformed("CHAP-Password has a wrong length")
        challenge = packet.first(CHAP_CHALLENGE) or packet.authenticator
        return Given(self.name, packet.text(USER_NAME), Response(value[:1], challenge, value[1:]))
