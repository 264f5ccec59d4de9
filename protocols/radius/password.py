"""PAP: the answer as it was typed, hidden on the way by the shared secret (RFC 2865 §5.2)."""

from __future__ import annotations

from keys.secret import Secret
from protocols.radius.clients import NAS
from protocols.radius.hiding import reveal
from protocols.radius.method import Given
from protocols.radius.packet import USER_NAME, USER_PASSWORD, Packet
from protocols.radius.plain import Plain


class PAP(Plain):
    """`protocols.radius.method.Method`."""

    name = "pap"

    def is_used_by(self, packet: Packet) -> bool:
        return packet.first(USER_PASSWORD) is not None

    def read(self, packet: Packet, nas: NAS, held: bytes | None) -> Given:  # noqa: ARG002
        hidden = packet.first(USER_PASSWORD)
        # Some clients send nothing at all for nothing, instead of a block of padding.
        typed = reveal(hidden, nas.secret, packet.authenticator) if hidden else b""
        try:
            answer = Secret(typed.decode())
        except UnicodeDecodeError:
            # What a client of another character set sends is a wrong answer, and counts as one.
            answer = Secret(typed.decode(errors="surrogateescape"))
        return Given(self.name, packet.text(USER_NAME), answer)
