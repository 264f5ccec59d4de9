"""A secret that cannot be printed by accident."""

from __future__ import annotations

import hmac
from typing import Final


class Secret:
    """Text that must never reach a log, a traceback or a page.

    `repr` and `str` show a mask; only `reveal` gives the text, so that every use can be found by its name.
    Comparison takes constant time for texts of one length.
    """

    __slots__ = ("_text",)

    MASK: Final = "•••"

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the one place that needs it."""
        return self._text

    def __repr__(self) -> str:
        return self.MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return self.MASK

    def __bool__(self) -> bool:
        return bool(self._text)

    def __len__(self) -> int:
        return len(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a Secret is not written down")
