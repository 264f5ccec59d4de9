"""Sealing what is too long for memory: chunks of AES-256-GCM in the STREAM construction (Hoang et al., CRYPTO 2015)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keys.seal import TAG_BYTES, Unsealable

CHUNK_BYTES: Final = 64 * 1024
COUNTER_BYTES: Final = (
    11  # the nonce is the chunk's number and whether it is the last: so none can be moved or left out
)
Read = Callable[[int], bytes]  # as many bytes as it is asked for; fewer only at the end


def seal_stream(read: Read, data_key: bytes, header: bytes) -> Iterator[bytes]:
    """The sealed chunks of all that `read` gives, bound to `header`. A key seals one stream and never another: its
    nonces begin anew.
    """
    cipher, number, chunk = AESGCM(data_key), 0, read(CHUNK_BYTES)
    while True:
        after = read(CHUNK_BYTES)
        yield cipher.encrypt(_nonce(number, is_last=not after), chunk, header)
        if not after:
            return
        number, chunk = number + 1, after


def open_stream(read: Read, data_key: bytes, header: bytes) -> Iterator[bytes]:
    """The chunks as they were. Raises `Unsealable` at the first that was altered, moved, cut or added.

    What was given before that is genuine, but not all of it: nobody may act on it before the end.
    """
    cipher, number, chunk = AESGCM(data_key), 0, read(CHUNK_BYTES + TAG_BYTES)
    while True:
        after = read(CHUNK_BYTES + TAG_BYTES)
        try:
            yield cipher.decrypt(_nonce(number, is_last=not after), chunk, header)
        except InvalidTag:
            raise Unsealable from None
        if not after:
            return
        number, chunk = number + 1, after


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(COUNTER_BYTES) + bytes([is_last])
