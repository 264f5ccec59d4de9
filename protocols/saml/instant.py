"""Points in time as SAML writes them: UTC, without a fraction (saml-core-2.0 §1.3.3)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

_INSTANT: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,20})?(Z|[+-]\d\d:\d\d)?", re.ASCII
)


@lru_cache(maxsize=1024)
def write(at: int) -> str:
    """From epoch seconds."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(text: str) -> int | None:
    """Epoch seconds; None for what is no xs:dateTime. Zones are understood, though only UTC may be used."""
    match = _INSTANT.fullmatch(text.strip())
    if match is None:
        return None
    try:
        at = datetime(*map(int, match.groups()[:6]), tzinfo=UTC)  # type: ignore[misc,arg-type]  # six numbers
        return int((at - _offset(match[7])).timestamp())
    except (ValueError, OverflowError):
        return None


def _offset(zone: str | None) -> timedelta:
    if zone in (None, "Z"):
        return timedelta()
    hours, minutes = int(zone[:3]), int(zone[0] + zone[4:])
    return timedelta(hours=hours, minutes=minutes)
