"""How many may do something slow at once, or wait for it; whoever comes then is sent away before anything is spent."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from idp.authenticators import Busy


class Crowd:
    """A count of those who do it or wait. To be used from one event loop."""

    def __init__(self) -> None:
        self._size = 0

    @contextlib.contextmanager
    def join(self, most: int) -> Iterator[None]:
        """Be one of `most`. Raises `Busy` at once where there are as many."""
        if self._size >= most:
            raise Busy
        self._size += 1
        try:
            yield
        finally:
            self._size -= 1
