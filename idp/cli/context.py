"""What a command works on: one tenant of one configuration, with its database open."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Concatenate, ParamSpec
from zoneinfo import ZoneInfo

import click

import storage
from idp import audit, log
from idp.authenticators import Authenticator
from idp.authenticators.table import open_authenticators
from idp.cli.chosen import Files, choose
from idp.cli.folder import config_option, master_key
from idp.cli.wrong import check_text, words
from idp.config.configuration import Configuration, TenantConfiguration
from idp.config.mistake import suggest
from idp.config.server import Log
from idp.config.tenant import TenantSettings
from idp.custody.vault import WrongMasterKey, open_vault
from idp.logout.revocation import doors_of
from idp.username import canonical, split
from keys.seal import Unsealable, Vault
from storage import Storage, StorageError, Transaction
from storage.records import User

P = ParamSpec("P")
LOOKED_AT = 1000  # so many names are compared with one that nobody has


def _now() -> int:
    return int(time.time())


@dataclass(frozen=True, slots=True)
class Change:
    """A transaction about one user."""

    tx: Transaction
    user: User
    now: int

    async def record(self, event: str, **details: Any) -> None:
        """Write the audit event."""
        user = self.user
        await audit.record(self.tx, event, self.now, user_id=user.id, username=user.login_name, **details)


@dataclass(frozen=True, slots=True)
class Letterbox:
    """What mail is queued with: `idp.mail.queue.Home`."""

    settings: TenantSettings
    vault: Vault


@dataclass(frozen=True, slots=True)
class Opened:
    """A tenant and its database. `now` is when the command began, in epoch seconds."""

    configuration: Configuration
    tenant: TenantConfiguration
    storage: Storage
    now: int = field(default_factory=_now)

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        return self.storage.transaction(self.tenant.name)

    def snapshot(self) -> AbstractAsyncContextManager[Transaction]:
        return self.storage.snapshot(self.tenant.name)

    @property
    def doors(self) -> dict[str, str]:
        """The door of each service."""
        return doors_of(self.tenant)

    @asynccontextmanager
    async def reading(self, name: str) -> AsyncIterator[tuple[Transaction, User]]:
        """The database as it is, and the user of that name, however it is typed."""
        async with self.snapshot() as tx:
            yield tx, await find_user(tx, name, self.tenant.settings.domains)

    @asynccontextmanager
    async def changing(self, name: str) -> AsyncIterator[Change]:
        """The same to change something of the user; his name stands in what is recorded of it."""
        async with self.transaction() as tx:
            person = await find_user(tx, name, self.tenant.settings.domains)
            held = await tx.users.lock(person.id)  # as he is now: what is written of him is all of him
            if held is None:
                raise click.ClickException(f"{person.login_name} was deleted meanwhile")
            yield Change(tx, held, self.now)

    async def vault(self) -> Vault:
        """The tenant's vault; its keys are made where the server never ran."""
        return await open_vault(self.storage, self.tenant.name, master_key(self.configuration), self.now)

    async def letterbox(self) -> Letterbox | None:
        """Where to queue mail, None where the tenant has no mail server. To be asked for before a transaction."""
        settings = self.tenant.settings
        return Letterbox(settings, await self.vault()) if settings.mail.host is not None else None

    async def authenticator(self, name: str) -> Authenticator:
        """The tenant's authenticator of that name."""
        section = self.tenant.authenticators.get(name)
        if section is None:
            known = suggest(name, self.tenant.authenticators)
            raise click.ClickException(f"tenant {self.tenant.name} has no authenticator {name}, {known}")
        return open_authenticators({name: section}, await self.vault())[name]

    def time(self, at: int) -> str:
        """A moment as the tenant's clocks show it."""
        zone = ZoneInfo(self.tenant.settings.time_zone)
        return datetime.fromtimestamp(at, zone).isoformat(sep=" ", timespec="seconds")


async def find_user(tx: Transaction, name: str, domains: Collection[str]) -> User:
    """The user of that name, however it is typed; `alice@corp` in a domain of the tenant."""
    user = await tx.users.find_by_name(*split(canonical(name), domains))
    if user is None:
        wanted, some = canonical(name), await tx.users.list(limit=LOOKED_AT)
        near = [each.login_name for each in some if each.username == wanted]  # in another domain
        near = near or get_close_matches(wanted, [each.login_name for each in some], n=1)
        hint = f", did you mean {near[0]}?" if near else ""
        raise click.ClickException(f"no user is called {name}{hint}")
    return user


def in_tenant(work: Callable[Concatenate[Opened, P], Awaitable[None]]) -> Callable[..., None]:
    """Adds `--config` and `--tenant` to a command, and opens what they name."""

    @config_option
    @click.option("--tenant", metavar="T", help="Needed where there are several.")
    @functools.wraps(work)
    def run(config: Path, tenant: str | None, *args: P.args, **given: P.kwargs) -> None:
        check_text({"tenant": tenant, **given})
        files = Files(config)
        log.configure(Log(level="warning", format="console"), {})

        async def begin(opened: Storage) -> None:
            configuration = await files.in_force(opened)
            await work(Opened(configuration, choose(configuration, tenant), opened), *args, **given)

        try:
            run_with(files.configuration, begin)
        except click.ClickException as error:
            raise files.mistakes or error from None

    return run


def run_with(configuration: Configuration, work: Callable[[Storage], Awaitable[Any]]) -> None:
    """Run a command's work on the open, migrated database; what can go wrong ends it with words."""

    async def run() -> None:
        opened = await storage.open(configuration.storage_url)
        try:
            if await opened.pending():
                raise click.ClickException("the database is not up to date, run idp storage migrate first")
            await work(opened)
        finally:
            await opened.close()

    guarded(run)


def guarded(work: Callable[[], Awaitable[None]]) -> None:
    """Run it; expected failures become one sentence and exit status 1."""
    with told():
        asyncio.run(_awaited(work))


@contextmanager
def told() -> Iterator[None]:
    """Expected failures of what is done within become one sentence."""
    try:
        yield
    except BrokenPipeError:
        raise  # nobody reads what is printed: `idp.cli` ends quietly
    except (StorageError, WrongMasterKey) as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(words(error)) from None
    except Unsealable:
        raise click.ClickException("a sealed row was altered or moved, restore it from a backup") from None


async def _awaited(work: Callable[[], Awaitable[None]]) -> None:
    await work()
