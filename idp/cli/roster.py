"""Users out of a CSV list with headings."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import click

from idp.spreadsheet import unshield

COLUMN: Final = "username"
LARGEST: Final = 16 * 2**20  # bytes


@dataclass(frozen=True, slots=True)
class Line:
    """One name, and where it stands, to be said before what is wrong with it; `cells` are the other columns."""

    name: str
    place: str
    cells: Mapping[str, str] = field(default_factory=dict)


def _whichever(_: list[str]) -> None:
    """Other columns are not looked at."""


def read(file: Path, check: Callable[[list[str]], None] = _whichever) -> list[Line]:
    """The lines, by the names in the column `username`. Raises ClickException, and what `check` does of headings."""
    if file.stat().st_size > LARGEST:
        raise click.ClickException(f"{file} is larger than {LARGEST // 2**20} MiB")
    rows = csv.DictReader(io.StringIO(_text(file), newline=""), strict=True)
    try:
        headings = [name.strip().lower() for name in rows.fieldnames or ()]
        if headings.count(COLUMN) != 1:
            raise click.ClickException(f"{file}:1: one column is to be called {COLUMN}")
        check(headings)
        rows.fieldnames = headings
        lines = [_line(row, f"{file}:{rows.line_num}: ") for row in rows]
    except csv.Error as error:
        raise click.ClickException(f"{file}:{rows.line_num}: is no CSV: {error}") from None
    empty = next((line for line in lines if not line.name), None)
    if empty is not None:
        raise click.ClickException(f"{empty.place}there is no {COLUMN}")
    return lines


def _line(row: dict[str | None, Any], place: str) -> Line:
    # Most likely a comma that stands outside of quotes: what follows it is not what its heading says.
    if None in row:
        raise click.ClickException(f"{place}has more columns than the first line names")
    cells = {str(name): unshield((cell or "").strip()) for name, cell in row.items()}
    return Line(cells.pop(COLUMN), place, cells)


def _text(file: Path) -> str:
    """UTF-8 or, as spreadsheets in Japan still write it, Shift_JIS with Microsoft's additions."""
    body = file.read_bytes()
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise click.ClickException(f"{file} is neither UTF-8 nor Shift_JIS")
