"""What commands about revisions work on: the files of this node, and the database."""

from __future__ import annotations

import functools
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

import click

from idp import audit
from idp.cli.context import run_with
from idp.cli.folder import config_option, master_key, mistaken, read_server
from idp.cli.wrong import check_text
from idp.config.bundle import LARGEST, short
from idp.config.configuration import Configuration
from idp.config.in_force import InForce, read_files, read_stored
from idp.config.mistake import ConfigurationError
from idp.config.revisions import Revisions, Stored
from idp.custody.vault import open_vault
from idp.revisions.inquiry import ALTERED
from idp.revisions.remembering import gone, highest
from keys.master import MasterKey
from keys.seal import Unsealable
from storage import Storage

P = ParamSpec("P")
T = TypeVar("T")
NUMBER_DIGITS = 9  # what has more, or letters, is a hash
HASH_DIGITS = 4  # so many name a revision
MOST = 1_000_000  # revisions that are looked through for a hash


def _now() -> int:
    return int(time.time())


class Unusable(click.ClickException):
    """A revision that cannot be read on this node."""

    def __init__(self, number: int, words: str) -> None:
        super().__init__(f"revision {number} cannot be used on this node:\n{words}")


@dataclass(frozen=True, slots=True)
class Desk:
    """`home` is the configuration folder, `now` when the command began, in epoch seconds."""

    home: Path
    revisions: Revisions
    storage: Storage
    master: MasterKey
    laid_out: ExitStack
    now: int = field(default_factory=_now)

    async def active(self) -> InForce | None:
        """What is in force; None where there is no revision. Raises `Unusable`."""
        number = await self.revisions.newest()
        return self.open(await self.numbered(number)) if number else None

    def files(self) -> InForce:
        """The files as they lie in the folder. Their mistakes end the command."""
        try:
            return read_files(self.home)
        except ConfigurationError as error:
            raise mistaken(error) from None

    def open(self, stored: Stored) -> InForce:
        """A revision as a configuration. Raises `Unusable`."""
        try:
            in_force = read_stored(stored, self.home)
        except ConfigurationError as error:
            raise Unusable(stored.revision.number, str(error)) from None
        self.laid_out.callback(in_force.leave)
        return in_force

    async def numbered(self, number: int) -> Stored:
        """The revision of that number."""
        try:
            stored = await self.revisions.find(number, self.now)
        except Unsealable:
            raise click.ClickException(ALTERED) from None
        if stored is None:
            raise click.ClickException(f"there is no revision {number}, see idp config history")
        return stored

    async def named(self, name: str) -> Stored:
        """The revision that is called so, by its number or the beginning of its hash: the newest of several."""
        if name.isdecimal() and len(name) <= NUMBER_DIGITS:
            return await self.numbered(int(name))
        for each in await self.revisions.list(MOST):
            if len(name) >= HASH_DIGITS and each.hash.startswith(name.lower()):
                return await self.numbered(each.number)
        raise click.ClickException(f"no revision is called {name}, see idp config history")

    async def expect(self, name: str | None) -> int:
        """The number of the revision in force, which must be the one of that name, if one is given."""
        number = await self.revisions.newest()
        if (
            name is not None
            and (wanted := 0 if name == "0" else (await self.named(name)).revision.number) != number
        ):
            raise click.ClickException(
                f"{_called(number)} is in force, and not {_called(wanted)}: nothing was done"
            )
        return number

    async def following(self, number: int, configurations: Iterable[InForce]) -> int:
        """The number of what comes after the revision `number`. None is given twice: what is gone from the database may
        serve on some node still, which only goes forward.
        """
        tenants = {tenant.name for each in configurations for tenant in each.configuration.tenants}
        vaults = [await open_vault(self.storage, name, self.master, self.now) for name in sorted(tenants)]
        known = await highest(self.storage, vaults)
        if known > number:
            click.echo(f"warning: {gone(known, number)}", err=True)
        return max(known, number) + 1

    async def put(self, stored: Stored, tenants: Iterable[str]) -> None:
        """Put a revision in force, if nobody was faster, and write it down for each of the tenants: in a transaction
        of its own, since the revision is none's of them.
        """
        revision, bundle = stored.revision, stored.bundle
        if bundle.is_too_large:
            raise click.ClickException(
                f"the files have more than {LARGEST // 2**20} MiB together, nothing was done"
            )
        if not await self.revisions.add(revision, bundle):
            now = (await self.revisions.list(1))[0]
            raise click.ClickException(
                f"revision {revision.number - 1} is no longer in force: {now.author} applied revision {now.number} "
                f"({now.reason}) meanwhile. Nothing was done, look at idp config plan again"
            )
        told: dict[str, Any] = {
            "revision": revision.number,
            "hash": short(revision.hash),
            "by": revision.author,
        }
        told |= {"restores": revision.restores} if revision.restores else {}
        for tenant in tenants:
            async with self.storage.transaction(tenant) as tx:
                await audit.record(tx, "configuration.applied", self.now, reason=revision.reason, **told)
        click.echo(f"Revision {revision.number} ({short(revision.hash)}) is in force.")


def _called(number: int) -> str:
    return f"revision {number}" if number else "no revision"


class Ask(Protocol):
    """Lets something be done at the desk, with the database open meanwhile; what was laid out stays until the end."""

    def __call__(self, work: Callable[[Desk], Awaitable[T]], /) -> T: ...


def at_desk(command: Callable[Concatenate[Ask, P], None]) -> Callable[..., None]:
    """Adds `--config` to a command, and gives it what asks at the desk of the configuration that is named."""

    @config_option
    @functools.wraps(command)
    def run(config: Path, *args: P.args, **given: P.kwargs) -> None:
        check_text(given)
        own = read_server(config)
        with ExitStack() as laid_out:

            def ask(work: Callable[[Desk], Awaitable[T]], /) -> T:
                told: list[T] = []

                async def listen(opened: Storage) -> None:
                    told.append(await work(_desk(own, opened, laid_out)))

                run_with(own, listen)
                return told[0]

            command(ask, *args, **given)

    return run


def _desk(own: Configuration, opened: Storage, laid_out: ExitStack) -> Desk:
    master = master_key(own)
    return Desk(own.folder, Revisions(opened, master), opened, master, laid_out)
