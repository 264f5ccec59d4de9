"""The patterns that a user had: as hashes under a key of the tenant's, which the database holds sealed only."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from idp.authenticators.matrix.pattern import Cell
from idp.authenticators.matrix.settings import LONGEST_HISTORY
from idp.custody.derivation import key_within
from keys.seal import Vault, encode_context
from storage import Transaction
from storage.patterns import FormerPattern

KEY: Final = "pattern-history"


async def remember(tx: Transaction, vault: Vault, user_id: str, pattern: Sequence[Cell], now: int) -> None:
    """The user has this pattern from now on (epoch seconds)."""
    hashed = await _hash(tx, vault, user_id, pattern, now)
    await tx.former_patterns.add(FormerPattern(user_id, hashed, now), LONGEST_HISTORY)


async def is_known(
    tx: Transaction, vault: Vault, user_id: str, pattern: Sequence[Cell], last: int, now: int
) -> bool:
    """Whether it is one of the last so many patterns of the user."""
    if not last:
        return False
    hashed = await _hash(tx, vault, user_id, pattern, now)
    former = await tx.former_patterns.list(user_id, last)
    return any(hmac.compare_digest(each.pattern_hash, hashed) for each in former)


async def _hash(tx: Transaction, vault: Vault, user_id: str, pattern: Sequence[Cell], now: int) -> bytes:
    """Bound to the user, so that nobody sees in the database that two people have the same pattern."""
    key = await key_within(tx, vault, KEY, now)
    return hmac.digest(key, encode_context(vault.tenant, user_id, *map(str, pattern)), hashlib.sha256)
