"""Comparing an answer with what is expected, in a time that says nothing about either."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence

from idp.authenticators import phrase
from idp.authenticators.answer import Answer
from keys.secret import Secret


def matches(answer: Answer, expected: Iterable[str]) -> Sequence[bool]:
    """For each expected text whether it is the answer. All are looked at, and a hash hides their length.

    What was typed is meant as `phrase.normalise` says; what was hashed is taken as it was typed.
    """
    if not isinstance(answer, Secret):
        return answer.matches(expected)
    given = _digest(phrase.normalise(answer))
    return [hmac.compare_digest(given, _digest(text)) for text in expected]


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
