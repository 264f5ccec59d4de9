"""Prints lists: for people as columns, for programs as JSON."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def show(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    """Rows as columns under headings, or whole as a JSON list."""
    if as_json:
        show_json(rows)
        return
    lines = [[column.replace("_", " ").upper() for column in columns]]
    lines += [[_text(row.get(column)) for column in columns] for row in rows]
    widths = [max(map(_width, cells)) for cells in zip(*lines, strict=True)]
    for line in lines:
        padded = [cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True)]
        click.echo("  ".join(padded).rstrip())


def show_record(record: Mapping[str, Any], *, as_json: bool) -> None:
    """One record, a line for each of its fields: for each part of one that has parts, or is a list of such."""
    if as_json:
        show_json(record)
        return
    width = max(map(len, record))
    for name, value in record.items():
        parts = list(_lines(value))
        click.echo(f"{name.replace('_', ' '):{width}}  {parts[0] if parts else _text(None)}")
        for part in parts[1:]:
            click.echo(f"{'':{width}}  {part}")


def _lines(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from _parts(value)
    elif isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value):
        yield from map(_text, value)
    else:
        yield _text(value)


def show_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def _parts(whole: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """As `idp user set` takes them: `address.country=JP`."""
    for name, value in whole.items():
        if isinstance(value, Mapping):
            yield from _parts(value, f"{above}{name}.")
        else:
            yield f"{_text(above + name)}={_text(value)}"


def _text(value: Any) -> str:
    if value in (None, "", [], {}):
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        value = " ".join(f"{key}={_inner(each)}" for key, each in value.items())
    elif isinstance(value, list):
        value = ", ".join(map(_text, value))
    # What a stranger typed as a name must not steer the terminal of whoever reads it.
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in str(value))


def _inner(value: Any) -> str:
    """A record in a record stands in brackets, so that it is seen where it ends."""
    return f"({_text(value)})" if isinstance(value, Mapping) and value else _text(value)


def _width(text: str) -> int:
    """Columns on a terminal: Japanese takes two for each character."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
