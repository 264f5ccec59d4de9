"""What happened, written in the transaction that it describes."""

from __future__ import annotations

import itertools
import secrets
from typing import Any

from storage import Transaction
from storage.records import AuditRecord

# Crockford's base32: no letter that a telephone turns into another.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_order = itertools.count()


def new_reference() -> str:
    """The short code that a page shows and a help desk types: 40 random bits as XXXX-XXXX."""
    bits = secrets.randbits(40)
    letters = "".join(_ALPHABET[bits >> shift & 31] for shift in range(35, -1, -5))
    return f"{letters[:4]}-{letters[4:]}"


def _new_id(now: int) -> str:
    """Sorts by second, then by the order in this process; the rest keeps processes apart."""
    return f"{now:010x}{next(_order) & 0xFFFFFFFF:08x}{secrets.token_hex(6)}"


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
