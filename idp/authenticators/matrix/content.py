"""What a credential of the matrix holds, as it is sealed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

from idp.authenticators.matrix.pattern import Cell
from storage.quick import quick


@quick
@dataclass(frozen=True, slots=True)
class Content:
    """`until` is the end of an initial pattern: sealed with it, so that nobody who writes rows can move it."""

    cells: Sequence[Cell] = field(repr=False)
    phrase: str = field(default="", repr=False)
    until: int | None = None  # epoch seconds

    @classmethod
    def parse(cls, content: bytes) -> Content:
        """What `dump` has made."""
        value = orjson.loads(content)
        cells = tuple(Cell(*cell) for cell in value["pattern"])
        return cls(cells, value["phrase"], value.get("until"))

    def dump(self) -> bytes:
        ending = {} if self.until is None else {"until": self.until}
        return orjson.dumps({"pattern": [[*cell] for cell in self.cells], "phrase": self.phrase, **ending})
