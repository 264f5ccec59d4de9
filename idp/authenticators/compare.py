"""Comparing an answer with what is expected, in a time that says nothing about either."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from hmac import compare_digest

from idp.authenticators import phrase
from idp.authenticators.answer import Answer
from keys.secret import Secret


def matches(answer: Answer, expected: Iterable[str]) -> Sequence[bool]:
    """For each expected text whether it is the answer. All are looked at, and a hash hides their length.

    What was typed is meant as `phrase.normalise` says; what was hashed is taken as it was typed.
    """
    if not isinstance(answer, Secret):
        return answer.matches(expected)
    typed, *texts = [text.encode("utf-8", "surrogatepass") for text in (phrase.normalise(answer), *expected)]
    given = sha256(typed).digest()
    return [compare_digest(given, sha256(text).digest()) for text in texts]
