"""Whether the clock can be believed by who deletes: what went by a clock that ran ahead does not come back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

import structlog

from storage import Storage
from storage.clock import SKEW_SECONDS, Belief
from storage.revisions import EVERYWHERE

LONGEST_REST: Final = 86400  # for so long nobody may have swept, because no server ran, before it is doubted
PATIENCE_SECONDS: Final = 86400  # an administrator has so long to set a clock right; then it is believed
KEPT_SECONDS: Final = 60  # how exactly it is kept by when was swept last: not every look is worth a write

log = structlog.get_logger("idp.clock")


@dataclass
class Watch:
    """Compares the clock with a stopwatch that nobody can set: one for each process."""

    last: tuple[int, float] | None = None

    def has_leapt(self, now: int, elapsed: float) -> bool:
        """Whether the clock went on by more than the time that has passed since the last look. `now` is in epoch
        seconds, `elapsed` in seconds since whenever.
        """
        before, self.last = self.last, (now, elapsed)
        return before is not None and (now - before[0]) - (elapsed - before[1]) > SKEW_SECONDS


def judge(before: Belief | None, now: int, *, has_leapt: bool) -> Belief:
    """What to believe from now on (epoch seconds)."""
    if before is None:
        return Belief(now)
    is_near = now - before.believed_at <= LONGEST_REST
    if before.doubted_at is None:
        return Belief(before.believed_at, now) if has_leapt or not is_near else Belief(now)
    if is_near and now < before.doubted_at - SKEW_SECONDS:
        return Belief(now)  # it was set back
    if has_leapt or now < before.doubted_at - SKEW_SECONDS:
        return replace(before, doubted_at=now)
    return Belief(now) if now - before.doubted_at >= PATIENCE_SECONDS else before


def returned(before: Belief | None, now: int) -> tuple[int, int] | None:
    """Since when (epoch seconds, as it was shown) the clock had been ahead, and by how much; None if it was not."""
    if before is None:
        return None
    since = before.believed_at if before.doubted_at is None else before.doubted_at
    return (since, since - now) if now < since - SKEW_SECONDS else None


async def look(
    storage: Storage, tenants: Iterable[str], now: int, theirs: float | None, *, has_leapt: bool
) -> Sequence[str]:
    """What an administrator should see to; empty if whatever has ended by `now` may be deleted.

    Where the clock was set back, what it left behind while it was ahead is set right. `theirs` is what a database
    with a clock of its own shows: a node that differs from it deletes nothing, and one that is behind does not take
    the others for clocks that were ahead. Raises `StorageError`.
    """
    if theirs is not None and now < theirs - SKEW_SECONDS:
        return (f"the clock of this node shows {_shown(now)}, behind the database's: it deletes nothing",)
    has_leapt = has_leapt or (theirs is not None and now > theirs + SKEW_SECONDS)
    async with storage.snapshot(EVERYWHERE) as tx:
        leap = returned(await tx.clocks.find(), now)
    if leap is not None:  # before it is believed: who dies here leaves it to the next
        await _bring_back(storage, tenants, *leap)
    async with storage.transaction(EVERYWHERE) as tx:
        before = await tx.clocks.lock()
        belief = judge(before, now, has_leapt=has_leapt)
        if _is_news(before, belief):
            await tx.clocks.replace(belief)
    if belief.doubted_at is None:
        return ()
    if before is None or before.doubted_at != belief.doubted_at:
        log.warning(
            "clock.doubted", ahead_seconds=now - belief.believed_at, believed=_shown(belief.believed_at)
        )
    end = _shown(belief.doubted_at + PATIENCE_SECONDS)
    return (
        f"the clock shows {_shown(now)} and has been ahead since {_shown(belief.believed_at)}, or no server ran for as "
        f"long: nothing is deleted until it is set right, or shows {end}",
    )


async def _bring_back(storage: Storage, tenants: Iterable[str], since: int, leap: int) -> None:
    touched = 0
    for tenant in tenants:
        async with storage.transaction(tenant) as tx:
            touched += await tx.clocks.bring_back(since, leap)
    log.warning("clock.returned", by_seconds=leap, rows=touched)


def _is_news(before: Belief | None, belief: Belief) -> bool:
    if before is None or before.doubted_at != belief.doubted_at:
        return True
    return abs(belief.believed_at - before.believed_at) >= KEPT_SECONDS


def _shown(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(sep=" ", timespec="minutes")
