"""The rows of the matrix as HTML: the one piece of a page that is too hot, and too strict, for a template."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase, digits

from markupsafe import Markup

DRAWN = frozenset(digits + ascii_lowercase + "*")


def matrix_rows(table: Sequence[str], blocks: int, corner: str) -> Markup:
    """`thead` and `tbody` for rows of digits: letters above, numbers to the left, one digit a cell.

    `corner` is what a screen reader hears in the corner. The cell where a block begins has class `edge`, the
    cells of every second block `even`: blocks differ by style only. Raises ValueError for other than digits.
    """
    shown = "".join(table)
    if not (shown.isascii() and shown.isdigit()):
        raise ValueError("a matrix holds digits only")
    return Markup(_form(len(table), len(table[0]), blocks, corner) % tuple(shown))  # noqa: S704  digits only


def pattern_rows(grid: Sequence[str], blocks: int, corner: str) -> Markup:
    """The same for a pattern: where in the order each cell comes, `*` for those that are not in it.

    Raises ValueError for signs that no pattern is drawn with.
    """
    signs = "".join(grid).replace(" ", "")
    if not set(signs) <= DRAWN:
        raise ValueError("a pattern is drawn with digits, letters and *")
    cells = tuple(signs.replace("*", "·"))
    rows = len(grid)
    return Markup(_form(rows, len(cells) // rows, blocks, corner) % cells)  # noqa: S704  of those signs only


@lru_cache(maxsize=64)
def _form(rows: int, columns: int, blocks: int, corner: str) -> str:
    """The markup with a gap for each digit; the same for every table of one size."""
    width = columns // blocks
    kinds = [_kind(column, width) for column in range(columns)]
    letters = "".join(
        f'<th scope="col"{kind}>{letter}</th>' for letter, kind in zip(ascii_uppercase, kinds, strict=False)
    )
    cells = "".join(f"<td{kind}>%s</td>" for kind in kinds)
    body = "\n".join(f'<tr><th scope="row">{row}</th>{cells}</tr>' for row in range(1, rows + 1))
    named = Markup('<span class="away">{}</span>').format(corner).replace("%", "%%")
    head = f'<tr><th scope="col">{named}</th>{letters}</tr>'
    return f"<thead>\n{head}\n</thead>\n<tbody>\n{body}\n</tbody>"


def _kind(column: int, width: int) -> str:
    names = ["even"] * (column // width % 2) + ["edge"] * (column > 0 and column % width == 0)
    return f' class="{" ".join(names)}"' if names else ""
