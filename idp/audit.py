"""What happened, written in the transaction that it describes."""

from __future__ import annotations

import base64
import secrets
import time
from typing import Any

from storage import Transaction
from storage.records import AuditRecord

# From the digits of Base32 (RFC 4648 §6) to Crockford's: no letter that a telephone turns into another.
_CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHJKMNPQRSTVWXYZ")


def new_reference() -> str:
    """The short code that a page shows and a help desk types: 40 random bits as XXXX-XXXX."""
    letters = base64.b32encode(secrets.token_bytes(5)).translate(_CROCKFORD).decode()
    return f"{letters[:4]}-{letters[4:]}"


def _new_id(now: int) -> str:
    """Sorts by second, then by what happened first on this machine, in whichever process."""
    return f"{now:010x}{time.monotonic_ns():016x}{secrets.token_hex(4)}"


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
    """Write one event, named `noun.verb`; returns the reference under which it is found."""
    reference = new_reference()
    await tx.audit.add(
        AuditRecord(
            id=_new_id(now),
            at=now,
            event=event,
            user_id=user_id,
            service=service,
            address=address,
            request_id=request_id,
            reference=reference,
            details=details,
        )
    )
    return reference
