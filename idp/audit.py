"""What happened, written in the transaction that it describes."""

from __future__ import annotations

import os
import time
from typing import Any

import structlog

from idp.audit_events import EVENTS, UNDECLARED
from storage import Transaction
from storage.records import AuditRecord

_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no letter that a telephone turns into another
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]  # of ten bits each

log = structlog.get_logger("idp.audit")


def new_reference() -> str:
    """The short code that a page shows and a help desk types: 40 random bits as XXXX-XXXX."""
    bits = int.from_bytes(os.urandom(5))
    return f"{_PAIRS[bits >> 30]}{_PAIRS[bits >> 20 & 1023]}-{_PAIRS[bits >> 10 & 1023]}{_PAIRS[bits & 1023]}"


def _new_id(now: int) -> str:
    """Sorts by second, then by what happened first on this machine, in whichever process."""
    return f"{now:010x}{time.monotonic_ns():016x}{os.urandom(4).hex()}"


async def record(
    tx: Transaction,
    event: str,
    now: int,
    *,
    user_id: str | None = None,
    service: str = "",
    address: str = "",
    request_id: str = "",
    **details: Any,
) -> str:
    """Write one event, named `noun.verb`; returns the reference under which it is found.

    What `idp.audit_events` does not declare is written all the same, sealed like what is of a person.
    """
    reference = new_reference()
    declared = EVENTS.get(event, UNDECLARED)
    personal = details.keys() - declared.plain
    if not personal <= declared.personal or declared is UNDECLARED:
        log.error("audit.undeclared", event_name=event, fields=sorted(personal - declared.personal))
    written = AuditRecord(
        id=_new_id(now),
        at=now,
        event=event,
        user_id=user_id,
        service=service,
        address=address,
        request_id=request_id,
        reference=reference,
        details=details,
        version=declared.version,
    )
    await tx.audit.add(written, personal)
    tx.notes.add(written)
    return reference
