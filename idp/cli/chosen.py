"""Which configuration a command works with: the revision in force or, where there is none, the files of this node."""

from __future__ import annotations

import time
from pathlib import Path

import click

from idp.cli.folder import master_key, mistaken, read_server
from idp.config.configuration import Configuration, TenantConfiguration
from idp.config.in_force import read_stored
from idp.config.load import load
from idp.config.mistake import ConfigurationError, suggest
from idp.config.revisions import Revisions
from idp.revisions.inquiry import ALTERED, unusable
from keys.seal import Unsealable
from storage import Storage
from storage.revisions import EVERYWHERE


def choose(configuration: Configuration, name: str | None) -> TenantConfiguration:
    """The tenant of that name, or the only one."""
    tenants = {tenant.name: tenant for tenant in configuration.tenants}
    if name is None and len(tenants) == 1:
        return configuration.tenants[0]
    if name is None:
        raise click.UsageError(f"there are several tenants, choose with --tenant: {', '.join(tenants)}")
    if name not in tenants:
        raise click.ClickException(f"no tenant is called {name}, {suggest(name, tenants)}")
    return tenants[name]


class Files:
    """The files as they lie in the folder. With mistakes they are still enough to find the database."""

    def __init__(self, folder: Path) -> None:
        """Raises ClickException where not even that can be read."""
        self.mistakes: click.ClickException | None = None
        try:
            self.configuration = load(folder)
        except ConfigurationError as error:
            self.mistakes = mistaken(error)
            self.configuration = self._own(folder)

    def _own(self, folder: Path) -> Configuration:
        try:
            return read_server(folder)
        except click.ClickException:
            assert self.mistakes is not None
            raise self.mistakes from None  # there are more than those

    async def in_force(self, database: Storage) -> Configuration:
        """The revision, its files laid out until the command ends, or these files. Raises ClickException."""
        async with database.snapshot(EVERYWHERE) as tx:
            number = await tx.revisions.newest()
        if not number:
            if self.mistakes is not None:
                raise self.mistakes
            return self.configuration
        self.mistakes = None  # they are nobody's concern now
        try:
            revisions = Revisions(database, master_key(self.configuration))
            stored = await revisions.find(number, int(time.time()))
            assert stored is not None
            in_force = read_stored(stored, self.configuration.folder)
        except Unsealable:
            raise click.ClickException(ALTERED) from None
        except ConfigurationError as error:
            raise click.ClickException(f"{unusable(number)}\n{error}") from None
        click.get_current_context().call_on_close(in_force.leave)
        return in_force.configuration
