"""Another key signs the log from now on: the last statement of the one before names it."""

from __future__ import annotations

from dataclasses import replace

from idp.audit import record
from idp.chain import statement
from idp.chain.linking import BATCH, LEASE_SECONDS, WORK, extended, holder_name
from idp.chain.own_keys import add_key, own_keys
from idp.chain.verifying import Broken
from keys.jws import InvalidToken, SigningKey
from keys.seal import Vault
from storage import Storage


async def rotate(storage: Storage, vault: Vault, now: int) -> SigningKey:
    """Returns the fresh key, which has signed a checkpoint already: whoever holds the one before can write nothing
    anew, since it says what came before.

    Raises `Broken` for a log that was changed, or that there is none yet.
    """
    async with storage.transaction(vault.tenant) as tx:
        # Whoever links now is waited for: the row is his until his transaction ends.
        late = now + 2 * LEASE_SECONDS
        turn, last = await tx.audit_turns.claim(WORK, holder_name(), late, now), await tx.audit_chain.last()
        keys = await own_keys(tx, vault)
        if turn is None or last is None or not keys:
            raise Broken("there is no log yet, or another node is linking it: try again")
        try:
            said = statement.read(last.statement, {keys[-1].kid: keys[-1]}.get)
        except InvalidToken:
            raise Broken(f"checkpoint {last.number} was altered: run idp audit verify") from None
        fresh = await add_key(tx, vault, len(keys), now)
        said = replace(said, next=fresh.public)
        handed = statement.checkpoint(keys[-1], said, last.digests, last.created_at)
        await tx.audit_chain.put(handed)
        await record(tx, "audit.rotated", now, kid=fresh.kid)
        kept = await tx.audit_chain.link(said.last, BATCH)
        await tx.audit_chain.put(extended(fresh, vault.tenant, (handed, said), kept, now))
    return fresh
