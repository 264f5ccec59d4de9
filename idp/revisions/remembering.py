"""Which revision was in force, by the tenants' logs: signed there, so that no row of it can go unnoticed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import orjson

from idp.chain import statement
from idp.chain.own_keys import own_keys
from keys.jws import InvalidToken
from keys.seal import Unsealable, Vault
from storage import Storage
from storage.chain import Kept

APPLIED: Final = "configuration.applied"
# No revision has a number like that: who can write to the database must not be able to use them up.
MOST: Final = 10**8


def applied(records: Iterable[Kept]) -> int:
    """The highest revision that these records say was applied; 0 where none does."""
    said = [orjson.loads(each.details).get("revision") for each in records if each.event == APPLIED]
    return max((each for each in said if isinstance(each, int) and each < MOST), default=0)


async def highest(storage: Storage, vaults: Iterable[Vault]) -> int:
    """The highest that the newest signed statement of any of these tenants knows. A log whose end was altered says
    nothing: that is told by who links it.
    """
    return max([await _known(storage, vault) for vault in vaults], default=0)


class Memory:
    """What one process knows of revisions that were there."""

    def __init__(self) -> None:
        self._known = 0
        self._newest = 0

    def learn(self, number: int) -> None:
        """A revision of that number was applied some time."""
        self._known = max(self._known, number)

    def see(self, newest: int) -> bool:
        """The newest that is there now; True if something went, or came back, since the last look."""
        before = self.missing
        self.learn(newest)
        self._newest = newest
        return self.missing != before

    @property
    def missing(self) -> str:
        """In words, that the newest is gone; empty where it is there."""
        return gone(self._known, self._newest) if self._newest < self._known else ""


def gone(known: int, newest: int) -> str:
    """In words, that a revision is not there any more."""
    left = f"revision {newest} is the newest" if newest else "there is none"
    return (
        f"revision {known} was applied and is gone from the database, where {left}: restore it from a backup, "
        "or apply what shall be in force"
    )


async def _known(storage: Storage, vault: Vault) -> int:
    async with storage.snapshot(vault.tenant) as tx:
        last = await tx.audit_chain.last()
        if last is None:
            return 0
        try:
            keys = {key.kid: key for key in await own_keys(tx, vault)}
            return statement.read(last.statement, keys.get).revision
        except (InvalidToken, Unsealable):
            return 0
