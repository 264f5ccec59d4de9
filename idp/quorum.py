"""Whose clock is wrong, where several nodes and their database differ: the one with which most do not agree."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Collection
from pathlib import Path
from typing import Final

from storage import Storage
from storage.nodes import NodeClock
from storage.revisions import EVERYWHERE

AGREEING_SECONDS: Final = 5  # clocks that are kept by NTP differ by less, with what each look is wrong by
SILENT_SECONDS: Final = 90  # after three looks that did not come a node has no say any more
BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


def is_outvoted(mine: int, others: Collection[int]) -> bool:
    """Whether more than half of all clocks agree with one another, and not with mine.

    Each is given by how many seconds it is ahead of the database's, which is a clock as well: two nodes that agree
    are right and the database is not, and of two that differ the one that agrees with the database is right. So never
    more than half of the nodes are out, and one alone never is.
    """
    clocks = [0, mine, *others]
    groups = ([each for each in clocks if abs(each - one) <= AGREEING_SECONDS] for one in clocks)
    most = [group for group in groups if 2 * len(group) > len(clocks)]
    return bool(most) and not any(mine in group for group in most)


async def vote(storage: Storage, node: str, ahead: int, at: int) -> bool:
    """Say what the clock of this node shows, and whether it is outvoted by those of the others.

    `ahead` is in seconds, `at` the database's own time (epoch seconds). Raises `StorageError`.
    """
    async with storage.transaction(EVERYWHERE) as tx:
        # Of two that come back at once both delete first: then neither holds a row that the other one waits for.
        await tx.nodes.delete_silent(at - SILENT_SECONDS, at + SILENT_SECONDS)
        await tx.nodes.replace(NodeClock(node, ahead, at))
        clocks = await tx.nodes.list()
    return is_outvoted(ahead, [each.ahead_seconds for each in clocks if each.node != node])


def name_of(home: Path) -> str:
    """What this node calls itself: the same for all its processes, and again after a restart, so that one that starts
    again and again has one voice. `home` is its configuration folder.
    """
    try:
        machine = BOOT_ID.read_text()
    except OSError:  # a kernel that has none
        machine = platform.node()
    return hashlib.sha256(f"{machine}\0{home.resolve()}".encode()).hexdigest()[:32]
