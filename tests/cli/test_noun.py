"""`idp --help` and the help of each noun: every command is named, and what it does is said to the end."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from idp import doors
from idp.cli import NOUNS, main


def groups(command: click.Command, *path: str) -> Iterator[tuple[str, ...]]:
    """The words of each noun below."""
    if isinstance(command, click.Group):
        yield path
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from groups(found, *path, name)


@pytest.mark.parametrize("noun", [*NOUNS, *doors.NOUNS])
def test_the_line_of_a_noun_names_its_commands(noun: str) -> None:
    context = click.Context(main)
    found = main.get_command(context, noun)
    assert found is not None
    names = found.list_commands(context) if isinstance(found, click.Group) else []
    said = {**NOUNS, **doors.NOUNS}[noun]
    assert set(names) <= set(re.findall(r"[a-z]+", said)), said


@pytest.mark.parametrize("path", list(groups(main)), ids=" ".join)
def test_no_sentence_is_cut_short(path: tuple[str, ...]) -> None:
    said = CliRunner().invoke(main, [*path, "--help"], prog_name="idp").output
    assert "Commands:" in said and not re.search(r"\w\.\.\.", said)
