"""`idp.web.admission`: how many are let in, and who goes first."""

from __future__ import annotations

from idp.web.admission import GLANCES, REMEMBERED, Admission

PATIENCE, LATE = 0.1, 0.5


def spans(admission: Admission, count: int, *late: float) -> None:
    """So many spans whose glances are late like this, in turns."""
    for number in range(count * GLANCES):
        admission.glance(late[number % len(late)])


def fill(admission: Admission, *, begins: bool = False) -> int:
    """Let in whoever is admitted; how many that were."""
    count = 0
    while admission.admits(begins=begins):
        admission.enter()
        count += 1
    return count


def test_a_bounded_number_is_under_way_and_what_finishes_a_login_finds_room_last() -> None:
    admission = Admission(8, PATIENCE)
    assert fill(admission, begins=True) == 7
    assert fill(admission) == 1
    assert not admission.admits(begins=False)
    admission.leave()
    assert admission.admits(begins=False)
    assert not admission.admits(begins=True), "the room that is left is for those who have begun"
    assert (admission.load().under_way, admission.load().admitted) == (7, 8)


def test_a_process_that_is_late_for_whole_spans_takes_on_fewer_until_it_is_in_time() -> None:
    admission = Admission(100, PATIENCE)
    fill(admission)
    spans(admission, 1, LATE)
    assert 60 < admission.load().room < 80
    assert admission.load().late_seconds == LATE
    spans(admission, 20, LATE)
    assert admission.load().room == 25, "a quarter is always let in: some who come at once are no overload"
    spans(admission, 60, 0.0)
    assert admission.load().room == 100


def test_one_slow_page_is_no_overload() -> None:
    admission = Admission(100, PATIENCE)
    fill(admission)
    spans(admission, 20, LATE, *[0.0] * (GLANCES - 1))
    assert admission.load().room == 100


def test_what_is_taken_away_is_what_was_taken_up() -> None:
    """A machine that is busy with something else: room that nobody used has made nobody wait."""
    admission = Admission(100, PATIENCE)
    for _ in range(50):
        admission.enter()
    spans(admission, 1, LATE)
    assert admission.load().room == 35


def test_it_says_for_a_while_that_somebody_was_turned_away() -> None:
    admission = Admission(4, PATIENCE)
    assert not admission.is_shedding
    admission.turn_away()
    spans(admission, REMEMBERED - 1, 0.0)
    assert admission.is_shedding
    spans(admission, 1, 0.0)
    assert not admission.is_shedding
    assert admission.load().turned_away == 1
