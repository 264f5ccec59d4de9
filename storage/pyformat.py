"""Statements as psycopg2 wants them: `:name` becomes `%(name)s`."""

from __future__ import annotations

import re
from functools import cache

PLACEHOLDER = re.compile(r"(?<!:):([a-z_]+)")


@cache
def pyformat(statement: str) -> str:
    """Once for each text."""
    return PLACEHOLDER.sub(r"%(\1)s", statement.replace("%", "%%"))
