"""Which configuration a command works with."""

from __future__ import annotations

from pathlib import Path

import click

from idp.cli.wrong import words
from idp.config.configuration import Configuration
from idp.config.load import load, load_server
from idp.config.mistake import ConfigurationError
from keys.master import MasterKey

config_option = click.option(
    "--config",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("conf"),
    envvar="MASUGATA_CONFIG",
    show_default=True,
    show_envvar=True,
    metavar="DIR",
    help="Configuration folder.",
)


def read_configuration(folder: Path) -> Configuration:
    """All of it. Mistakes are told line by line, and end the command."""
    return _read(folder, whole=True)


def read_server(folder: Path) -> Configuration:
    """`idp.yaml` only, for what needs no tenant."""
    return _read(folder, whole=False)


def master_key(configuration: Configuration) -> MasterKey:
    """The key that opens what is sealed in the database. Raises ClickException."""
    try:
        return configuration.master_key()
    except OSError as error:
        raise click.ClickException(f"cannot read the master key: {words(error)}") from None
    except ValueError as error:
        raise click.ClickException(str(error)) from None


def _read(folder: Path, *, whole: bool) -> Configuration:
    try:
        return load(folder) if whole else load_server(folder)
    except ConfigurationError as error:
        raise mistaken(error) from None


def mistaken(error: ConfigurationError) -> click.ClickException:
    """Every mistake, line by line."""
    return click.ClickException("the configuration has mistakes\n" + str(error))
