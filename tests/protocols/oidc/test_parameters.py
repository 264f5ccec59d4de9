"""Parameters: each once, none empty, nothing that is not text."""

from __future__ import annotations

import pytest

from protocols.oidc.errors import Malformed
from protocols.oidc.parameters import parse


def test_a_parameter_without_a_value_counts_as_omitted() -> None:
    """RFC 6749 §3.1."""
    assert parse(b"a=1&b=&c&d=x+y%2B") == {"a": "1", "d": "x y+"}


@pytest.mark.parametrize(
    "encoded",
    [
        b"a=1&a=1",
        b"a=1&a=",
        b"a=1&%61=2",
        b"a=%ff",
        b"a=\xff",
        b"a=%00",
        b"a=\x00",
        b"%00=1",
        b"a=%ed%a0%80",
        b"&".join(b"%d=1" % n for n in range(65)),
    ],
)
def test_what_can_be_read_in_two_ways_is_not_read_at_all(encoded: bytes) -> None:
    """libraries.md §2: duplicate parameters and broken encodings were unhandled; RFC 6749 §3.1 forbids
    them.
    """
    with pytest.raises(Malformed):
        parse(encoded)
