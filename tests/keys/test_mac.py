"""`keys.mac`: what the standard library computes too."""

from __future__ import annotations

import hmac
import os

import pytest

from keys.mac import mac


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256", "sha512"])
def test_a_mac_is_that_of_rfc_2104(algorithm: str) -> None:
    """With keys up to a block, of a block, and longer ones, which are hashed first."""
    for size in (0, 1, 20, 32, 63, 64, 65, 127, 128, 129, 300):
        for length in (0, 1, 55, 64, 1000):
            key, message = os.urandom(size), os.urandom(length)
            assert mac(key, message, algorithm) == hmac.digest(key, message, algorithm)


def test_the_vectors_of_rfc_4231() -> None:
    """Cases 1, 2 and 6: with SHA-256, and with a key longer than a block."""
    vectors = [
        (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            b"\xaa" * 131,
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
    ]
    for key, message, expected in vectors:
        assert mac(key, message).hex() == expected
