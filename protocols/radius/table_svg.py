"""The table of digits as an SVG: a picture that stays sharp, and whose text a screen reader can find."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from string import ascii_uppercase

from markupsafe import Markup

CELL, HEAD, NUMBER = 44, 32, 36


def svg(table: Sequence[str], blocks: int, title: str) -> str:
    """`title` is what a screen reader says first. Raises ValueError for other than digits."""
    text = "".join(table)
    if not (text.isascii() and text.isdigit()):
        raise ValueError("a matrix holds digits only")
    columns, rows = len(table[0]), len(table)
    wide, high = NUMBER + columns * CELL, HEAD + rows * CELL
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" '
        f'role="img" font-family="sans-serif" text-anchor="middle">{Markup("<title>{}</title>").format(title)}'
        f'<rect width="{wide}" height="{high}" fill="#fff"/>'
        + "".join(_grounds(columns, rows, columns // blocks))
        + "".join(_labels(columns, rows))
        + "".join(_digits(table))
        + "</svg>\n"
    )


def _grounds(columns: int, rows: int, width: int) -> Iterator[str]:
    """Every second block is darker, and every block begins with a heavy line."""
    for start in range(0, columns, width):
        x, high = NUMBER + start * CELL, rows * CELL
        if start // width % 2:
            yield f'<rect x="{x}" y="{HEAD}" width="{width * CELL}" height="{high}" fill="#eee"/>'
        yield f'<path d="M{x} {HEAD}v{high}" stroke="#777" stroke-width="3"/>'
    for row in range(rows + 1):
        yield f'<path d="M{NUMBER} {HEAD + row * CELL}h{columns * CELL}" stroke="#ccc"/>'


def _labels(columns: int, rows: int) -> Iterator[str]:
    for column, letter in enumerate(ascii_uppercase[:columns]):
        yield _text(NUMBER + (column + 0.5) * CELL, HEAD - 10, 15, "#555", letter)
    for row in range(rows):
        yield _text(NUMBER / 2, HEAD + (row + 0.5) * CELL + 5, 15, "#555", str(row + 1))


def _digits(table: Sequence[str]) -> Iterator[str]:
    for row, digits in enumerate(table):
        for column, digit in enumerate(digits):
            x, y = NUMBER + (column + 0.5) * CELL, HEAD + (row + 0.5) * CELL + 9
            yield _text(x, y, 26, "#111", digit)


def _text(x: float, y: float, size: int, colour: str, text: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{colour}">{text}</text>'
