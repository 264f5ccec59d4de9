"""User names out of a CSV list with headings."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

COLUMN: Final = "username"
LARGEST: Final = 16 * 2**20  # bytes


@dataclass(frozen=True, slots=True)
class Line:
    """One name, and where it stands, to be said before what is wrong with it."""

    name: str
    place: str


def read(file: Path) -> list[Line]:
    """The names in the column `username`; other columns may be there. Raises ClickException."""
    if file.stat().st_size > LARGEST:
        raise click.ClickException(f"{file} is larger than {LARGEST // 2**20} MiB")
    rows = csv.DictReader(io.StringIO(_text(file), newline=""), strict=True)
    try:
        headings = [name.strip().lower() for name in rows.fieldnames or ()]
        if headings.count(COLUMN) != 1:
            raise click.ClickException(f"{file}:1: one column is to be called {COLUMN}")
        rows.fieldnames = headings
        lines = [Line((row[COLUMN] or "").strip(), f"{file}:{rows.line_num}: ") for row in rows]
    except csv.Error as error:
        raise click.ClickException(f"{file}:{rows.line_num}: is no CSV: {error}") from None
    empty = next((line for line in lines if not line.name), None)
    if empty is not None:
        raise click.ClickException(f"{empty.place}there is no {COLUMN}")
    return lines


def _text(file: Path) -> str:
    """UTF-8 or, as spreadsheets in Japan still write it, Shift_JIS with Microsoft's additions."""
    body = file.read_bytes()
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise click.ClickException(f"{file} is neither UTF-8 nor Shift_JIS")
