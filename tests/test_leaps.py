"""Whether a clock is believed by who deletes."""

from __future__ import annotations

from idp.leaps import LONGEST_REST, PATIENCE_SECONDS, Watch, judge, returned
from storage.clock import SKEW_SECONDS, Belief

NOW, DAY, YEAR = 1_800_000_000, 86400, 366 * 86400


def test_a_clock_that_goes_on_as_time_does_is_believed() -> None:
    belief = judge(None, NOW, has_leapt=False)
    for seconds in (60, 90, SKEW_SECONDS, LONGEST_REST):
        belief = judge(belief, belief.believed_at + seconds, has_leapt=False)
        assert belief.doubted_at is None
    assert belief.believed_at == NOW + 60 + 90 + SKEW_SECONDS + LONGEST_REST


def test_a_leap_is_doubted_until_it_was_set_right() -> None:
    belief = judge(Belief(NOW), NOW + YEAR, has_leapt=True)
    assert belief == Belief(NOW, NOW + YEAR)
    assert judge(belief, NOW + YEAR + PATIENCE_SECONDS - 1, has_leapt=False) == belief
    assert judge(belief, NOW + 120, has_leapt=False) == Belief(NOW + 120)


def test_one_that_stays_is_believed_after_a_day() -> None:
    belief = Belief(NOW, NOW + YEAR)
    assert judge(belief, NOW + YEAR + PATIENCE_SECONDS, has_leapt=False) == Belief(
        NOW + YEAR + PATIENCE_SECONDS
    )


def test_a_second_leap_does_not_shorten_the_day() -> None:
    belief = judge(Belief(NOW, NOW + YEAR), NOW + 2 * YEAR, has_leapt=True)
    assert belief == Belief(NOW, NOW + 2 * YEAR)
    back = judge(belief, NOW + YEAR, has_leapt=False)  # set back, and still a year ahead
    assert back == Belief(NOW, NOW + YEAR)


def test_a_leap_while_no_server_ran_is_doubted_too() -> None:
    assert judge(Belief(NOW), NOW + LONGEST_REST, has_leapt=False).doubted_at is None
    assert judge(Belief(NOW), NOW + LONGEST_REST + 1, has_leapt=False) == Belief(NOW, NOW + LONGEST_REST + 1)


def test_a_clock_that_was_set_back_is_believed_at_once() -> None:
    assert judge(Belief(NOW), NOW - YEAR, has_leapt=False) == Belief(NOW - YEAR)


def test_what_was_ahead_is_known_by_since_when_and_by_how_much() -> None:
    assert returned(None, NOW) is None
    assert returned(Belief(NOW), NOW + 60) is None
    assert returned(Belief(NOW), NOW - SKEW_SECONDS) is None  # nodes may differ by so much
    assert returned(Belief(NOW), NOW - DAY) == (NOW, DAY)
    assert returned(Belief(NOW, NOW + YEAR), NOW + 60) == (NOW + YEAR, YEAR - 60)
    assert returned(Belief(NOW, NOW + YEAR), NOW + YEAR + 60) is None


def test_a_stopwatch_tells_a_leap_from_a_long_pause() -> None:
    watch = Watch()
    assert not watch.has_leapt(NOW, 5.0)
    assert not watch.has_leapt(NOW + DAY, 5.0 + DAY)
    assert not watch.has_leapt(NOW + DAY + SKEW_SECONDS, 5.0 + DAY)
    assert watch.has_leapt(NOW + DAY + 2 * SKEW_SECONDS + 1, 5.0 + DAY)
    assert not watch.has_leapt(NOW, 6.0 + DAY)  # back
