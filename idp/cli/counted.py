"""So many of something, in the words of the command line: `1 token`, `2 tokens`."""

from __future__ import annotations

from gettext import ngettext


def counted(number: int, one: str) -> str:
    """The number with the noun behind it; `one` is it in the singular, of those whose plural has an s more."""
    return f"{number} {ngettext(one, f'{one}s', number)}"
