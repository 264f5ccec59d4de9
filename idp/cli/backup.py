"""`idp backup`: the whole database in one sealed file, looked at, and put back."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

import storage
from idp import __version__, log
from idp.backup.file import opened, to_disk, write
from idp.backup.generations import PREFIX, moment, name, prune
from idp.backup.header import Header, Refused
from idp.backup.proving import prove
from idp.chain.verifying import Broken
from idp.cli.chosen import Files
from idp.cli.context import guarded, told
from idp.cli.counted import counted
from idp.cli.folder import config_option, master_key, read_server
from idp.cli.noun import Noun
from idp.cli.written import new_file
from idp.config.configuration import Configuration
from idp.config.server import Log
from keys.folder import to_disk as folder_to_disk
from keys.master import MasterKey
from storage.copies import check_known, is_old
from storage.drafts import clear, draft_of

A_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
A_FOLDER = click.Path(
    path_type=Path, file_okay=False, exists=True
)  # else it could be made where a disk is missing


@click.group(cls=Noun)
@click.pass_context
def backup(context: click.Context) -> None:
    """Backups: create, verify, restore."""
    before = signal.signal(
        signal.SIGTERM, signal.default_int_handler
    )  # systemd's: end as by Ctrl-C, leaving no draft
    context.call_on_close(lambda: signal.signal(signal.SIGTERM, before))
    log.configure(Log(level="warning", format="console"), {})


@backup.command()
@click.argument("folder", type=A_FOLDER, metavar="DIR")
@click.option(
    "--keep", type=click.IntRange(1), metavar="N", help="Delete all but the newest N in each folder."
)
@click.option(
    "--copy-to", type=A_FOLDER, multiple=True, metavar="DIR2", help="Copy it there too; repeatable."
)
@click.option("--role", metavar="R", help="PostgreSQL: who reads all rows, a role with BYPASSRLS.")
@config_option
def create(folder: Path, keep: int | None, copy_to: tuple[Path, ...], role: str | None, config: Path) -> None:
    """Write all of the database into a new file in DIR, sealed under the master key, while servers go on.

    The master key is not in it: keep that elsewhere.
    """
    configuration = read_server(config)
    master, at = _master(configuration), moment(int(time.time()))
    first, *others = (each / name(at) for each in (folder, *copy_to))
    with _telling():
        copies = storage.copies(configuration.storage_url)
        with _appearing(first, master) as file, copies.dump(role) as dump:
            write(file, dump, at, copies.kind, __version__, master)
        click.echo(f"written {first}, sealed under master key {master.name}")
        for other in others:
            with first.open("rb") as source, _appearing(other, master) as file:
                shutil.copyfileobj(source, file)
            click.echo(f"copied to {other}")
        for path in [each for made in (first, *others) if keep for each in prune(made, keep)]:
            click.echo(f"deleted {path}")


@backup.command()
@click.argument("file", type=A_FILE)
@click.option(
    "--into", metavar="URL", help="PostgreSQL: an empty database to put it back into, for the whole drill."
)
@config_option
def verify(file: Path, into: str | None, config: Path) -> None:
    """Open all of a backup, and look at the database in it: its people, and whether its audit log is whole.

    Of PostgreSQL it is put back into another database for that, which --into names.
    """
    configuration = read_server(config)
    master = _master(configuration)
    if into is not None and not into.startswith("postgresql:"):
        raise click.UsageError("--into is the address of a database of PostgreSQL, postgresql://…")
    with _telling(), opened(file, master) as source:
        header = source.header
        copies = _copies(into or configuration.storage_url, header)
        if into is not None:
            copies.check_empty()
        source.check()
        click.echo(f"whole: of {header.at}, {header.kind}, {header.schema}, by Masugata {header.version}")
        if into is not None:
            copies.restore(source.chunks())
            _prove(into, config, master)
        else:
            with copies.unpack(source.chunks()) as url:
                if url is not None:
                    _prove(url, config, master)
                else:
                    click.echo("the dump can be read to its end; what is in it is looked at with --into")


@backup.command()
@click.argument("file", type=A_FILE)
@click.confirmation_option(prompt="Put it back as the database that the configuration names?")
@config_option
def restore(file: Path, config: Path) -> None:
    """Put a backup back, where there is no database: first stop all servers, and move away what is there."""
    configuration = read_server(config)
    with _telling(), opened(file, _master(configuration)) as source:
        header = source.header
        copies = _copies(configuration.storage_url, header)
        copies.check_empty()
        source.check()  # all of it, before anything is done
        copies.restore(source.chunks())
    click.echo(f"restored the database of {header.at}")
    if is_old(header.kind, header.schema):
        click.echo("it is of an older release: run idp storage migrate before the server starts")


@contextmanager
def _appearing(path: Path, master: MasterKey) -> Iterator[BinaryIO]:
    """A file that gets its name once it is whole, on the disk, and was read back. Raises ClickException, `Refused`."""
    draft = draft_of(path)
    with new_file(draft, path) as file:
        clear(draft, PREFIX)
        yield file
        to_disk(file)
        with opened(draft, master) as again:
            again.check()
        draft.replace(path)
        folder_to_disk(path.parent)


def _copies(url: str, header: Header) -> storage.Copies:
    """What the backup is put back by. Raises ClickException, `storage.StorageError`."""
    found = storage.copies(url)
    if found.kind != header.kind:
        raise click.ClickException(
            f"it is a backup of {header.kind}, and the database to be is of {found.kind}"
        )
    check_known(header.kind, header.schema)
    return found


def _master(configuration: Configuration) -> MasterKey:
    """The one that is there: a backup is no reason to make another."""
    file = configuration.server.master_key.file
    if file is not None and not (configuration.own_folder / file).exists():
        raise click.ClickException(f"the master key {file} is not there: put it back from its safe place")
    return master_key(configuration)


def _prove(url: str, config: Path, master: MasterKey) -> None:
    """Look at a database that is ours alone, as it is after a restore."""

    async def work() -> None:
        database = await storage.open(url)
        try:
            await database.migrate()
            for tenant in (await Files(config).in_force(database)).tenants:
                found = await prove(database, tenant.name, master, int(time.time()))
                proven = f"whole up to record {found.records}" if found.records else "empty"
                click.echo(f"{tenant.name}: {counted(found.users, 'user')}, its audit log is {proven}")
        finally:
            await database.close()

    guarded(work)


@contextmanager
def _telling() -> Iterator[None]:
    """What is wrong becomes one sentence."""
    with told():
        try:
            yield
        except (Refused, Broken) as error:
            raise click.ClickException(str(error)) from None
