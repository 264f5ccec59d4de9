"""What was read and waits for its turn: not for longer than its NAS does, and the newest at the cost of the oldest."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, Generic, TypeVar

SECONDS: Final = 1.0  # since it came: a NAS repeats itself after 3 to 5 s, and an answer takes its time too
MOST: Final = 1000  # with what is being answered, about a third of a second of work
LATE = "overload: it had waited for too long"
CROWDED_OUT = "overload: too many came after it"

T = TypeVar("T")


class Backlog(Generic[T]):
    """Requests of one socket, oldest first. Times are seconds of one clock that never goes back."""

    def __init__(self, dropped: Callable[[T, str], None], most: int = MOST, seconds: float = SECONDS) -> None:
        """`dropped` is told of each that will not be answered, and why."""
        self._dropped, self._most, self._seconds = dropped, most, seconds
        self._waiting: deque[tuple[float, T]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def is_late(self, came_at: float, now: float) -> bool:
        """Whether nobody waits for an answer any more to what came then."""
        return now - came_at > self._seconds

    def add(self, came_at: float, request: T) -> None:
        """Let it wait. Where there are too many the oldest goes, which has the least time left."""
        if len(self._waiting) >= self._most:
            self._dropped(self._waiting.popleft()[1], CROWDED_OUT)
        self._waiting.append((came_at, request))

    def take(self, now: float) -> T | None:
        """The oldest that is still worth an answer; None where none waits."""
        while self._waiting:
            came_at, request = self._waiting.popleft()
            if not self.is_late(came_at, now):
                return request
            self._dropped(request, LATE)
        return None
