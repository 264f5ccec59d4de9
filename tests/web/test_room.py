"""`idp.web.server.room`: strangers cannot use up the descriptors of a process."""

from __future__ import annotations

import resource
from collections.abc import Iterator

import pytest

from idp.accepting import MOST_HANDSHAKES
from idp.web.monitor import MOST
from idp.web.server import OTHER_FILES, room

USUAL = 1024  # `ulimit -n`, where nobody says anything else


@pytest.fixture(autouse=True)
def usual() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(USUAL, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_what_is_configured_counts_where_there_is_room() -> None:
    assert room(100, is_tls=False) == room(100, is_tls=True) == 100


def test_who_shakes_hands_holds_a_descriptor_too() -> None:
    """As many as may, and as many connections as may be, leave the process what it needs for itself."""
    assert room(1000, is_tls=False) + OTHER_FILES <= USUAL
    assert room(1000, is_tls=True) + MOST_HANDSHAKES + OTHER_FILES <= USUAL
    assert OTHER_FILES > 2 * MOST, "those who watch over us are among the others"
