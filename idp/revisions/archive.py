"""Revisions of the past as administrators of one tenant look at them: its rules of then, and what changed for it."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from idp.config.change import Change
from idp.config.configuration import Configuration, TenantConfiguration
from idp.config.drift import Difference, drift
from idp.config.in_force import FILES, InForce, read_stored
from idp.config.mistake import ConfigurationError
from idp.config.plan import Plan, plan
from idp.config.revisions import Revisions, Stored
from idp.policy import Rules
from keys.seal import Unsealable

REMEMBERED: Final = 16  # rules of a revision never change: a page of decisions asks for the same ones again


class Unknown(LookupError):
    """There is no such revision, or it cannot be read here any more."""


class Archive:
    """Reads revisions without their secrets, one at a time: who looks must not keep those waiting who sign in."""

    def __init__(self, revisions: Revisions, home: Path, in_force: InForce) -> None:
        """`home` is the node's own folder, `in_force` what it serves."""
        self._revisions = revisions
        self._home = home
        self.in_force = in_force
        self._turn = asyncio.Lock()
        self._rules: dict[tuple[int, str], Rules] = {}

    async def number_at(self, at: int) -> int:
        """The revision that was in force then, as far as clocks of nodes agree; 0: the files of each node were."""
        return await self._revisions.number_at(at)

    async def rules(self, number: int, tenant: str, now: int) -> Rules:
        """Those of the tenant in that revision. Raises `Unknown`, StorageError."""
        found = self._rules.get((number, tenant))
        if found is None:
            async with self._turn:
                stored = await self._stored(number, now)
                found = await asyncio.to_thread(_rules, stored, self._home, tenant)
            while len(self._rules) >= REMEMBERED:
                del self._rules[next(iter(self._rules))]
            self._rules[number, tenant] = found
        return found

    async def plan(self, before: int, after: int, tenant: str, now: int) -> Plan:
        """What changed for the tenant from one to the other. Raises `Unknown`, StorageError."""
        async with self._turn:
            old, new = await self._stored(before, now), await self._stored(after, now)
            return await asyncio.to_thread(_plan, old, new, self._home, tenant)

    async def drift(self, tenant: str) -> tuple[Difference, ...]:
        """How this node's own files of the tenant differ from the revision in force."""
        bundle, configuration = self.in_force.bundle, self.in_force.configuration
        if self.in_force.number == FILES:
            return ()
        found = await asyncio.to_thread(drift, self._home, bundle, configuration)
        own = _own(tuple(each.file for each in found), configuration, tenant)
        return tuple(each for each in found if each.file in own)

    async def _stored(self, number: int, now: int) -> Stored:
        try:
            stored = await self._revisions.find(number, now)
        except Unsealable:
            raise Unknown(number) from None
        if number == FILES or stored is None:
            raise Unknown(number)
        return stored


@contextmanager
def _opened(stored: Stored, home: Path) -> Iterator[InForce]:
    """Laid out while the block runs."""
    try:
        read = read_stored(stored, home, blind=True)
    except ConfigurationError:
        raise Unknown(stored.revision.number) from None
    try:
        yield read
    finally:
        read.leave()


def _rules(stored: Stored, home: Path, tenant: str) -> Rules:
    with _opened(stored, home) as read:
        own = _find(read.configuration, tenant)
        return own.rules if own is not None else Rules()


def _plan(before: Stored, after: Stored, home: Path, tenant: str) -> Plan:
    with _opened(before, home) as old, _opened(after, home) as new:
        whole = plan(old, new)
        if _is_alone(old.configuration, tenant) and _is_alone(new.configuration, tenant):
            return whole
        texts = {*_own(whole.texts, old.configuration, tenant), *_own(whole.texts, new.configuration, tenant)}
        changes = tuple(change for change in whole.changes if _is_own(change, tenant))
        return dataclasses.replace(
            whole, changes=changes, texts=tuple(sorted(texts)), of_the_node=(), waits=()
        )


def _is_own(change: Change, tenant: str) -> bool:
    return change.tenant == tenant


def _is_alone(configuration: Configuration, tenant: str) -> bool:
    """Whether the server has no other tenant, so that all of it is its own."""
    return all(each.name == tenant for each in configuration.tenants)


def _own(names: tuple[str, ...], configuration: Configuration, tenant: str) -> tuple[str, ...]:
    """Of files, those that lie in the tenant's folder."""
    if _is_alone(configuration, tenant):
        return names
    own = _find(configuration, tenant)
    if own is None:
        return ()
    folder = f"{own.folder.relative_to(configuration.folder).as_posix()}/"
    return tuple(name for name in names if name.startswith(folder))


def _find(configuration: Configuration, tenant: str) -> TenantConfiguration | None:
    return next((each for each in configuration.tenants if each.name == tenant), None)
