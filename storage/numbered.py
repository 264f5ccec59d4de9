"""Statements as SQLite takes them: `:name` becomes `?1`, and the values come in the order of the numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from operator import itemgetter

from storage.pyformat import PLACEHOLDER
from storage.sql import Value

Pick = Callable[[Mapping[str, Value]], Sequence[Value]]


@cache
def numbered(statement: str) -> tuple[str, Pick]:
    """The text, and what takes the values out of those by name; once for each text.

    SQLite knows names too, but for each of them `sqlite3` lets go of the interpreter's lock and takes it again, which
    is longer than binding the value and lets the thread that commits in between.
    """
    numbers: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        return f"?{numbers.setdefault(found[1], len(numbers) + 1)}"

    text, names = PLACEHOLDER.sub(number, statement), tuple(numbers)
    if len(names) > 1:
        return text, itemgetter(*names)
    return text, lambda values: [values[name] for name in names]
