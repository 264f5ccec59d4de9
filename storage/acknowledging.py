"""Whether PostgreSQL acknowledges what is written: while a standby is away that it must wait for, nothing is."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Final

from storage.contract import StorageError, StorageTimeout
from storage.role import Reads

PROBE_SECONDS: Final = 1.0  # for one who only asks whether he could write
PATIENCE_SECONDS: Final = 3.0  # a commit that waits for so long is not waiting for a network
# Others than members of pg_read_all_stats see how many follow, not which of them count (PostgreSQL manual, 28.2);
# of what their own role does they see all. A commit that waits goes on doing so when its client has gone.
STANDING: Final = """
SELECT current_setting('synchronous_standby_names'), current_setting('synchronous_commit'),
    pg_has_role('pg_read_all_stats', 'USAGE'), (SELECT count(*) FROM pg_stat_replication),
    (SELECT count(*) FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')),
    (SELECT count(*) FROM pg_stat_activity WHERE usename = current_user AND wait_event = 'SyncRep'
        AND query_start < clock_timestamp() - make_interval(secs => :patience))"""
WRITES: Final = "SELECT current_setting('transaction_read_only') = 'off'"
RECOVERS: Final = "SELECT pg_is_in_recovery() FROM schema_version LIMIT 1"

IS_STANDBY: Final = (
    "the database cannot be used: PostgreSQL is a standby here, which takes no writes; name the primary in storage, "
    "or promote it"
)
IS_READ_ONLY: Final = (
    "nothing can be written, so nobody can sign in: PostgreSQL is read only; "
    "set default_transaction_read_only to off"
)
LETS_NOBODY_IN: Final = (
    "nothing can be written, so nobody can sign in: PostgreSQL opens no connection for it; look whether it is read "
    "only, and whether its connections are used up"
)
WAITS: Final = (
    "nothing that is written is acknowledged, so nobody can sign in: PostgreSQL waits for a synchronous standby{}; "
    "bring it back, or take it out of synchronous_standby_names (docs/cluster.md)"
)

_SEVERAL: Final = re.compile(r"\s*(?:(?:FIRST|ANY)\s+)?(\d+)\s*\(", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the primary says of its standbys; `names` and `commit` are its settings."""

    names: str
    commit: str
    is_told: bool  # whether we may see which of them it waits for
    following: int
    synchronous: int  # of these
    waiting: int  # commits of ours that have waited for too long

    @property
    def words(self) -> str:
        """Why nothing is acknowledged, for the administrator; empty where it is."""
        needed = wanted(self.names) if self.commit not in ("off", "local") else 0
        found = self.synchronous if self.is_told else self.following
        if found < needed:
            return WAITS.format(f" ({found} of {needed} there)")
        return WAITS.format("") if self.waiting else ""


def wanted(names: str) -> int:
    """How many standbys `synchronous_standby_names` makes each commit wait for."""
    several = _SEVERAL.match(names)
    return int(several[1]) if several else int(bool(names.strip()))


async def read(reads: Reads, patience: float = PATIENCE_SECONDS) -> Standing:
    """As it is now; `patience` is in seconds. Raises `StorageError`."""
    return Standing(*(await reads.query(STANDING, patience=patience))[0])


async def unwritable(writes: Reads) -> str:
    """Why nothing can be written where we write: who only reads is read only in any case. Empty where it can."""
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            return "" if (await writes.query(WRITES))[0][0] else IS_READ_ONLY
    except (TimeoutError, StorageTimeout):
        return ""  # all of them are busy
    except StorageError:
        return LETS_NOBODY_IN
