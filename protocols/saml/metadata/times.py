"""Moments and spans as metadata write them (saml-metadata-2.0 §2.3.1; XML Schema 1.1 part 2 §3.3.6)."""

from __future__ import annotations

import re
from typing import Final

from protocols.saml import instant
from protocols.saml.xml import Unreadable

_SPAN: Final = re.compile(
    r"P(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,6})D)?"
    r"(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,10})(?:\.\d{1,9})?S)?)?",
    re.ASCII,
)
_SECONDS: Final = (
    365 * 86400,
    30 * 86400,
    86400,
    3600,
    60,
    1,
)  # years and months as nobody counts on exactly


def moment(text: str) -> int:
    """Epoch seconds. Raises `Unreadable`."""
    found = instant.read(text)
    if found is None:
        raise Unreadable("a time is not written as 2027-01-31T12:00:00Z")
    return found


def span(text: str) -> int:
    """Seconds. Raises `Unreadable`, also for what is not longer than nothing."""
    match = _SPAN.fullmatch(text.strip())
    seconds = sum(int(n) * unit for n, unit in zip(match.groups("0"), _SECONDS, strict=True)) if match else 0
    if not seconds:
        raise Unreadable("a duration is not written as P1DT12H")
    return seconds


def earliest(*ends: int | None) -> int | None:
    """The first of those that there are."""
    return min((end for end in ends if end is not None), default=None)
