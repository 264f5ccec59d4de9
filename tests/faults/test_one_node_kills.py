"""kill -9 at random moments, a few times: `make faults` does it a thousand times."""

from __future__ import annotations

import random
from pathlib import Path

from tests.faults.one_node_campaign import Findings, run

SEED = random.SystemRandom().randrange(10**6)  # a failure names it
# The dear ones once.
MOMENTS = (
    *("worker", "command", "worker", "migration", "everything", "command", "worker", "reload", "command"),
    *("worker", "supervisor", "command", "migration", "worker", "start", "command", "rotation", "worker"),
    *("command", "worker"),
)


async def test_what_was_acknowledged_is_there_after_every_kill(tmp_path: Path) -> None:
    """THREAT_MODEL.md 31: kill -9 at any moment loses nothing that was acknowledged.

    Logins over all doors, codes, refresh tokens, one-time codes, sessions, consents, users, patterns, mails and the
    audit log; and no value is taken twice.
    """
    findings = Findings()
    await run(tmp_path, SEED, 0, findings, MOMENTS, pause=0.4)
    assert findings.kills.total() == len(MOMENTS)
    assert findings.told.total() and findings.checked and findings.interrupted, findings
