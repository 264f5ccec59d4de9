"""`idp config`: look at the configuration before the server does, and put it in force."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from idp.cli import applying, revision
from idp.cli.counted import counted
from idp.cli.folder import config_option
from idp.cli.noun import Noun
from idp.cli.show import json_option, show_json
from idp.config.load import load
from idp.config.mistake import ConfigurationError, Mistake
from idp.config.schema import FILES, schema_of


@click.group(cls=Noun)
def config() -> None:
    """Check the configuration; show what it would change; apply it, and go back."""


for each in (
    revision.plan_,
    applying.apply,
    revision.history,
    revision.diff,
    applying.rollback,
    revision.export,
):
    config.add_command(each)


@config.command()
@config_option
@json_option
def check(config: Path, as_json: bool) -> None:
    """Read the whole folder and print every mistake as FILE:LINE:COLUMN, with what would be right."""
    mistakes: tuple[Mistake, ...] = ()
    try:
        warnings = load(config).warnings
    except ConfigurationError as error:
        mistakes, warnings = error.mistakes, error.warnings
    if as_json:
        show_json([_row(each, "error") for each in mistakes] + [_row(each, "warning") for each in warnings])
    else:
        for warning in warnings:
            click.echo(f"{warning.at}: warning: {warning.words}")
        for mistake in mistakes:
            click.echo(str(mistake))
        click.echo(_summary(len(mistakes), len(warnings)), err=True)
    sys.exit(1 if mistakes else 0)


@config.command()
@click.argument("file", type=click.Choice(FILES), required=False)
def schema(file: str | None) -> None:
    """Print the JSON Schema of a file for editors; of all files, by name, where none is named."""
    show_json(schema_of(file) if file else {name: schema_of(name) for name in FILES})


def _row(mistake: Mistake, kind: str) -> dict[str, str | int]:
    at = mistake.at
    return {
        "kind": kind,
        "file": str(at.file),
        "line": at.line,
        "column": at.column,
        "words": mistake.words,
    }


def _summary(mistakes: int, warnings: int) -> str:
    also = f", {counted(warnings, 'warning')}" if warnings else ""
    return f"{counted(mistakes, 'mistake') if mistakes else 'no mistakes'}{also}"
