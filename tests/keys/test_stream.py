"""A stream that is sealed in chunks: what was written comes back, and nothing else is taken for it."""

from __future__ import annotations

import os
from io import BytesIO

import pytest

from keys.seal import TAG_BYTES, Unsealable, new_data_key
from keys.stream import CHUNK_BYTES, open_stream, seal_stream

KEY, HEADER = new_data_key(), b"of this file"
SEALED = CHUNK_BYTES + TAG_BYTES


def seal(content: bytes, key: bytes = KEY) -> bytes:
    return b"".join(seal_stream(BytesIO(content).read, key, HEADER))


def open_(sealed: bytes, key: bytes = KEY, header: bytes = HEADER) -> bytes:
    return b"".join(open_stream(BytesIO(sealed).read, key, header))


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_what_was_sealed_comes_back_and_no_part_of_it(size: int) -> None:
    content = os.urandom(size)
    sealed = seal(content)
    assert open_(sealed) == content
    cuts = {*range(0, len(sealed), SEALED), len(sealed) - 1, len(sealed) - TAG_BYTES} - {len(sealed)}
    for end in cuts:
        with pytest.raises(Unsealable):
            open_(sealed[:end])
    for more in (b"\0", sealed[:SEALED], b"\0" * SEALED):
        with pytest.raises(Unsealable):
            open_(sealed + more)


def test_chunks_stay_where_they_are_and_belong_to_one_file() -> None:
    sealed, other = seal(os.urandom(3 * CHUNK_BYTES)), seal(os.urandom(3 * CHUNK_BYTES), new_data_key())
    first, second, third = (sealed[at : at + SEALED] for at in (0, SEALED, 2 * SEALED))
    altered = bytes([first[0] ^ 1]) + first[1:]
    for wrong in (
        second + first + third,
        first + third,
        first + first + second + third,
        altered + second + third,
        first + other[SEALED : 2 * SEALED] + third,
    ):
        with pytest.raises(Unsealable):
            open_(wrong)
    with pytest.raises(Unsealable):
        open_(sealed, new_data_key())
    with pytest.raises(Unsealable):
        open_(sealed, header=b"of another")
