"""`idp theme`: look at a theme before users do."""

from __future__ import annotations

from pathlib import Path

import click

from idp.cli.counted import counted
from idp.cli.folder import config_option
from idp.cli.noun import Noun
from idp.web.catalogue import CatalogueError
from idp.web.gallery import Gallery
from idp.web.pages import Pages
from idp.web.theme import DEFAULT, ThemeError


@click.group(cls=Noun)
def theme() -> None:
    """How the pages look and speak."""


@theme.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="Folder to write to.",
)
@click.option("--theme", "name", default=DEFAULT, show_default=True, metavar="T", help="Name of the theme.")
@config_option
def preview(out: Path, name: str, config: Path) -> None:
    """Draw every page, state and language of a theme into one gallery: open DIR/index.html.

    It is looked for in themes/ of the configuration folder first.
    """
    try:
        count = Gallery(Pages(config / "themes"), name).write(out)
    except (ThemeError, CatalogueError) as mistake:
        raise click.ClickException(str(mistake)) from mistake
    click.echo(f"{counted(count, 'page')}: {out / 'index.html'}")
