"""Codes from a counter: the same as by the standard library's HMAC, whatever the key."""

from __future__ import annotations

import hmac

import pytest

from idp.authenticators import hotp


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
@pytest.mark.parametrize("size", [1, 20, 63, 64, 65, 127, 128, 129, 200])
def test_a_key_of_any_length_is_padded_as_hmac_pads_it(algorithm: str, size: int) -> None:
    """RFC 2104 §2: one longer than a block is hashed first."""
    secret, counters = bytes(range(size)), (0, 1, 2**40)
    for counter, code in zip(counters, hotp.codes(secret, counters, 8, algorithm), strict=True):
        mac = hmac.digest(secret, counter.to_bytes(8), algorithm)
        number = int.from_bytes(mac[mac[-1] & 0xF :][:4]) & 0x7FFFFFFF
        assert code == f"{number % 10**8:08}"
