"""`idp storage`: the database."""

from __future__ import annotations

import sys
from pathlib import Path

import click

import storage as backends
from idp.cli.context import guarded
from idp.cli.folder import config_option, read_server
from idp.cli.noun import Noun
from idp.cli.show import json_option, show_json


@click.group(cls=Noun)
def storage() -> None:
    """The database: migrate, status."""


@storage.command()
@config_option
def migrate(config: Path) -> None:
    """Bring the database up to date, making it where there is none. Safe beside running servers."""
    url = read_server(config).storage_url

    async def work() -> None:
        opened = await backends.open(url)
        try:
            applied = await opened.migrate()
        finally:
            await opened.close()
        for name in applied:
            click.echo(f"applied {name}")
        if not applied:
            click.echo("up to date")

    guarded(work)


@storage.command()
@config_option
@json_option
def status(config: Path, as_json: bool) -> None:
    """Say whether the database answers and is up to date; exit status 1 if not."""
    configuration = read_server(config)
    pending: list[str] = []

    async def work() -> None:
        opened = await backends.open(configuration.storage_url)
        try:
            pending.extend(await opened.pending())
            if not pending:
                await opened.check()
        finally:
            await opened.close()

    guarded(work)
    if as_json:
        show_json({"pending": pending})
    else:
        click.echo(f"not applied: {', '.join(pending)}" if pending else "up to date")
    sys.exit(1 if pending else 0)
