"""CSV (RFC 4180) that spreadsheets show as it is meant."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Final

MARK: Final = "\ufeff"  # by which spreadsheets know UTF-8
FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠")  # what would be computed instead of shown


def row(cells: Iterable[str]) -> str:
    """One line, each cell in quotes."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerow(cells)
    return text.getvalue()


def shield(text: str) -> str:
    """Text that no spreadsheet takes for a formula, whatever a stranger typed as a name."""
    return f"'{text}" if text.startswith(FORMULA) else text


def unshield(text: str) -> str:
    """The text again."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text
