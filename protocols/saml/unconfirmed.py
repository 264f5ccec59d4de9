"""Services that have not confirmed the end of a session: whoever asks for it second must hear of them too."""

from __future__ import annotations

from idp.logout.departure import Departure
from idp.logout.farewell import Result
from storage import Transaction


async def is_left(tx: Transaction, sid: str, client_id: str) -> bool:
    """Whether another service has not confirmed that the session, which had ended before, is over.

    The one that asks needs no telling any more.
    """
    deliveries = await tx.deliveries.list_at(sid)
    for each in deliveries:
        if each.client_id == client_id:
            await tx.deliveries.delete(each.id)
    others = any(each.client_id != client_id for each in deliveries)
    return others or bool(await tx.participants.list_at(sid))


async def is_lost(tx: Transaction, left: Departure) -> bool:
    """Whether some service cannot confirm it, and no participant is left to say so: it has another door."""
    for each in left.told:
        if each.result is not Result.DONE and not await tx.participants.list(each.sid, each.client_id):
            return True
    return False
