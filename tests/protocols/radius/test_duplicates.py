"""The cache of what was heard: the same answer to the same request, for a while."""

from __future__ import annotations

import pytest

from protocols.radius import duplicates
from protocols.radius.duplicates import SECONDS, Duplicates

SENDER = ("192.0.2.10", 1812)
ONE, OTHER = b"1" * 16, b"2" * 16


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def heard(clock: Clock) -> Duplicates:
    return Duplicates(clock)


def test_the_second_is_the_first_again(heard: Duplicates) -> None:
    """THREAT_MODEL.md 28: A duplicate (address, port, id, authenticator) gets the same reply."""
    assert heard.hear(SENDER, 7, ONE) is None
    again = heard.hear(SENDER, 7, ONE)
    assert again is not None
    assert again.reply is None, "it is still being worked on"
    heard.answer(SENDER, 7, ONE, b"answer")
    assert again.reply == b"answer"


@pytest.mark.parametrize(
    ("sender", "identifier", "authenticator"),
    [(("192.0.2.11", 1812), 7, ONE), (("192.0.2.10", 1813), 7, ONE), (SENDER, 8, ONE), (SENDER, 7, OTHER)],
    ids=["address", "port", "id", "authenticator"],
)
def test_anything_else_is_another_request(
    heard: Duplicates, sender: tuple[str, int], identifier: int, authenticator: bytes
) -> None:
    heard.hear(SENDER, 7, ONE)
    assert heard.hear(sender, identifier, authenticator) is None


def test_an_answer_that_comes_too_late_is_not_given_to_the_next(heard: Duplicates) -> None:
    heard.hear(SENDER, 7, ONE)
    heard.hear(SENDER, 7, OTHER)
    heard.answer(SENDER, 7, ONE, b"late")
    again = heard.hear(SENDER, 7, OTHER)
    assert again is not None
    assert again.reply is None


def test_what_got_no_answer_may_come_again(heard: Duplicates) -> None:
    heard.hear(SENDER, 7, ONE)
    heard.answer(SENDER, 7, ONE, None)
    assert heard.hear(SENDER, 7, ONE) is None


def test_what_is_old_is_forgotten(heard: Duplicates, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    heard.hear(SENDER, 7, ONE)
    clock.now += SECONDS
    assert heard.hear(SENDER, 7, ONE) is None
    monkeypatch.setattr(duplicates, "MOST", 10)
    for number in range(100):
        heard.hear(SENDER, number, OTHER)
    assert len(heard._heard) <= 11
