"""Signals as bytes in a pipe, so that one loop can wait for them and for workers at once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from types import FrameType, TracebackType
from typing import Any, Self


class SignalPipe:
    """Takes over the given signals while it is entered; `read_end` becomes readable when one came."""

    def __init__(self, numbers: Sequence[signal.Signals]) -> None:
        self._numbers = numbers
        self._before: dict[signal.Signals, Any] = {}
        self.read_end, self._write_end = os.pipe()
        for end in (self.read_end, self._write_end):
            os.set_blocking(end, False)

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, _noticed) for number in self._numbers}
        signal.set_wakeup_fd(self._write_end, warn_on_full_buffer=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self.read_end)
        os.close(self._write_end)

    def received(self) -> Iterator[signal.Signals]:
        """What came since the last call, each once."""
        try:
            numbers = os.read(self.read_end, 4096)
        except BlockingIOError:
            return
        for number in dict.fromkeys(numbers):
            yield signal.Signals(number)


def _noticed(number: int, frame: FrameType | None) -> None:
    """The wake-up pipe has the number already: Python writes it there only if a handler is set."""
