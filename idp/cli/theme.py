"""`idp theme`: look at a theme before users do."""

from __future__ import annotations

from pathlib import Path

import click

from idp.cli.counted import counted
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
    "--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to write to."
)
@click.option("--theme", "name", default=DEFAULT, show_default=True, help="Name of the theme.")
@click.option(
    "--config",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("conf"),
    show_default=True,
    help="Configuration folder; its themes/ is searched first.",
)
def preview(out: Path, name: str, config: Path) -> None:
    """Draw every page, state and language of a theme into one gallery: open OUT/index.html."""
    try:
        count = Gallery(Pages(config / "themes"), name).write(out)
    except (ThemeError, CatalogueError) as mistake:
        raise click.ClickException(str(mistake)) from mistake
    click.echo(f"{counted(count, 'page')}: {out / 'index.html'}")
