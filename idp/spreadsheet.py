"""CSV (RFC 4180) that spreadsheets show as it is meant."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Final

MARK: Final = "\ufeff"  # by which spreadsheets know UTF-8
# What would be computed instead of shown; the minus sign (U+2212) is a full-width one when it was in Shift_JIS.
FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠−")
QUOTE: Final = "'"


def row(cells: Iterable[str]) -> str:
    """One line, each cell in quotes."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerow(cells)
    return text.getvalue()


def shield(text: str) -> str:
    """Text that no spreadsheet takes for a formula, whatever a stranger typed as a name."""
    return f"{QUOTE}{text}" if _is_shielded(QUOTE + text) else text


def unshield(text: str) -> str:
    """The text again."""
    return text[1:] if _is_shielded(text) else text


def _is_shielded(text: str) -> bool:
    """What somebody wrote with quotes in front of it gets one more, so that all of his come back."""
    return text.startswith(QUOTE) and text.lstrip(QUOTE).startswith(FORMULA)
