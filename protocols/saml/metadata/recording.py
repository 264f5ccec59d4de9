"""What became of a service's metadata, told to the audit log and to whoever reads the log."""

from __future__ import annotations

import structlog

from idp.audit import record
from protocols.saml.metadata.acceptance import Outcome
from storage import Transaction

log = structlog.get_logger("idp.saml")


async def write_down(
    tx: Transaction, tenant: str, outcome: Outcome, now: int, was: str = "", reason: str = ""
) -> None:
    """The event of an outcome, with its changes; `was` is why it failed before: nothing is said twice."""
    metadata, lines = outcome.metadata, [str(change) for change in outcome.changes]
    match outcome.result:
        case "accepted":
            await record(
                tx, "metadata.accepted", now, service=metadata.service, digest=metadata.digest, changes=lines,
                reason=reason,
            )  # fmt: skip
        case "waiting":
            log.warning("metadata.waiting", tenant=tenant, service=metadata.service, changes=lines)
            await record(
                tx, "metadata.waiting", now, service=metadata.service, digest=metadata.pending_digest,
                changes=lines,
            )  # fmt: skip
        case "failed" if metadata.failure != was:
            log.warning("metadata.failed", tenant=tenant, service=metadata.service, reason=metadata.failure)
            await record(tx, "metadata.failed", now, service=metadata.service, reason=metadata.failure)
        case _:
            pass
