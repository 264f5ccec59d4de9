"""What a name is shown that has no passkey: ids that stay the same, shaped like those of somebody who has some."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from idp.authenticators.passkey.ceremony import Key
from keys import base64url
from keys.seal import encode_context

# The purpose of the derivation key; another key would change what every such name is shown.
PURPOSE: Final = "passkey decoys"
ID_LENGTH: Final = 22  # of a user's id, which is random as well
_SHAPE: Final = (32, ("hybrid", "internal"))  # where nobody has a passkey yet: as most phones make them
# A COSE key (RFC 9053 §7.1, ES256) whose private half nobody needs to know: it is verified with, and never believed.
_POINT: Final = bytes.fromhex(
    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)
_COSE: Final = b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20" + _POINT[:32] + b"\x22\x58\x20" + _POINT[32:]


def place(key: bytes, username: str) -> str:
    """Where in the order of users' ids the one is looked for who lends the shape."""
    return base64url.encode(_digest(key, username, "place")).decode()[:ID_LENGTH]


def decoys(key: bytes, username: str, models: Sequence[Key]) -> Sequence[Key]:
    """As many as the models are, each with an id as long as its model's and the same transports."""
    shapes = [(len(model.id), model.transports) for model in models] or [_SHAPE]
    return [
        Key(stand_in(hashlib.shake_256(_digest(key, username, str(number))).digest(length)).data, transports)
        for number, (length, transports) in enumerate(shapes)
    ]


def stand_in(key_id: bytes) -> Key:
    """A key of that id, of no model, that nobody holds (§6.5.2)."""
    return Key(bytes(16) + len(key_id).to_bytes(2) + key_id + _COSE)


def _digest(key: bytes, username: str, purpose: str) -> bytes:
    text = encode_context(username.encode("utf-8", "replace").decode(), purpose)
    return hmac.digest(key, text, hashlib.sha256)
