"""`idp password`: lists of passwords that nobody may choose."""

from __future__ import annotations

from pathlib import Path

import click

from idp.authenticators.password.filter import BITS_A_WORD, Built, Filter, NoFilter, build
from idp.authenticators.password.rules import normalise
from idp.cli.asking import ask
from idp.cli.noun import Noun

MEBIBYTE = 1 << 20
RAREST = 1e-6  # of what is told in figures


@click.group(cls=Noun)
def password() -> None:
    """Lists of passwords that nobody may choose."""


@password.group("filter")
def filter_() -> None:
    """A list of breached passwords, as `password.breached` in authenticators.yaml names it."""


@filter_.command("build")
@click.argument("source", metavar="LIST", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", required=True, metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--bits",
    type=click.IntRange(8, 32),
    default=BITS_A_WORD,
    show_default=True,
    help="For each line of the list: more take more room, and fewer other passwords for one of them.",
)
def build_(source: Path, out: Path, bits: int) -> None:
    """Make FILE of LIST, which has a password on each line, or its SHA-1 in hexadecimal (`HASH` or `HASH:COUNT`).

    LIST is read twice, so it must be a file. FILE takes the place of an older one at once; the server reads it anew
    when it is told to reload.
    """
    try:
        built = build(source, out, bits)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise click.ClickException(f"cannot make {out} of {source}: {why}") from None
    except ValueError as error:
        raise click.ClickException(f"{source}: {error}") from None
    click.echo(f"{_told(built)}, {built.size / MEBIBYTE:.1f} MiB")


@filter_.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--password", "try_", is_flag=True, help="Ask for a password, and say whether it is on the list."
)
def show(file: Path, try_: bool) -> None:
    """Say what FILE was made of."""
    try:
        opened = Filter.open(file)
    except NoFilter as error:
        raise click.ClickException(f"{file} {error}") from None
    click.echo(_told(opened))
    if try_:
        given = ask("password", confirm=False).reveal()
        click.echo("on the list" if normalise(given)[0] in opened else "not on the list")


def _told(made: Built | Filter) -> str:
    often = f"1 in {round(1 / made.rate)}" if made.rate > RAREST else f"fewer than 1 in {round(1 / RAREST)}"
    return f"passwords: {made.words}; of others {often} taken for one of them"
