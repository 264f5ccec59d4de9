"""`protocols.radius.backlog`: nobody is answered who has given up, and the newest at the cost of the oldest."""

from __future__ import annotations

from protocols.radius.backlog import CROWDED_OUT, LATE, Backlog


def opened(most: int = 3) -> tuple[Backlog[str], list[tuple[str, str]]]:
    """With what was dropped."""
    dropped: list[tuple[str, str]] = []
    return Backlog(lambda request, why: dropped.append((request, why)), most, seconds=2.0), dropped


def test_the_oldest_comes_first() -> None:
    backlog, dropped = opened()
    for at, request in enumerate(("a", "b")):
        backlog.add(at / 10, request)
    assert [backlog.take(1.0) for _ in range(3)] == ["a", "b", None]
    assert dropped == []


def test_what_has_waited_for_too_long_is_dropped() -> None:
    backlog, dropped = opened()
    for at, request in ((0.0, "a"), (0.5, "b"), (2.0, "c")):
        backlog.add(at, request)
    assert backlog.take(2.6) == "c"
    assert dropped == [("a", LATE), ("b", LATE)]
    assert not backlog.is_late(2.0, 4.0)
    assert backlog.is_late(2.0, 4.1)


def test_where_too_many_wait_the_oldest_makes_room() -> None:
    backlog, dropped = opened()
    for request in "abcde":
        backlog.add(0.0, request)
    assert len(backlog) == 3
    assert [backlog.take(0.1) for _ in range(4)] == ["c", "d", "e", None]
    assert dropped == [("a", CROWDED_OUT), ("b", CROWDED_OUT)]
