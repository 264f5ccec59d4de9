"""Points in time as a person reads them, in the tenant's zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo


def moment(at: int, now: int, zone: ZoneInfo) -> str:
    """`18:42` today, `2026-11-20 18:42` on any other day. Both arguments in epoch seconds."""
    then, today = datetime.fromtimestamp(at, zone), datetime.fromtimestamp(now, zone)
    return f"{then:%H:%M}" if then.date() == today.date() else f"{then:%Y-%m-%d %H:%M}"
