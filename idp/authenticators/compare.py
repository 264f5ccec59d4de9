"""Comparing an answer with what is expected, in a time that says nothing about either."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence


def matches(answer: str, expected: Iterable[str]) -> Sequence[bool]:
    """For each expected text whether it is the answer. All are looked at, and a hash hides their length."""
    given = _digest(answer)
    return [hmac.compare_digest(given, _digest(text)) for text in expected]


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
