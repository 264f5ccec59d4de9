"""Two nodes, a primary and a standby: cut off, killed, crashed and failed over under load; `make faults` does more."""

from __future__ import annotations

import asyncio

import pytest

from idp.timekeeping import OUTVOTED
from tests.faults.cluster.cluster import running
from tests.faults.cluster.rounds import Report, go_through, told

NODES = 2
USERS = (2, 1, 1)  # at the doors of OpenID Connect, SAML, RADIUS
LEAVERS = 2  # people who are disabled, each after another fault
CHECKED = 10  # of each kind of what was acknowledged
TOLD = ("one node cut off", "a node killed", "database crashed", "primary lost")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Of one round through the most telling faults."""

    async def made() -> Report:
        async with running(
            tmp_path_factory.mktemp("cluster"), NODES, people=24, holders=40, leavers=LEAVERS
        ) as cluster:
            return await go_through(cluster, TOLD, USERS, CHECKED, print)

    return asyncio.run(made())


def test_nothing_that_was_acknowledged_is_lost(report: Report) -> None:
    """THREAT_MODEL.md 31: kill -9 at any moment loses nothing that was acknowledged; nor does the loss of a primary."""
    assert report.verdict.lost == []
    assert min(report.verdict.tried.values()) > 0, report.verdict.tried


def test_nothing_can_be_used_twice(report: Report) -> None:
    """THREAT_MODEL.md 15: codes, refresh tokens, one-time codes and requests, at another node, after every fault."""
    assert report.verdict.twice == []


def test_failures_are_answers_that_clients_retry(report: Report) -> None:
    """503 with Retry-After and `temporarily_unavailable`, silence for a NAS; never another error or a hang."""
    assert report.wrong == []


def test_a_disabled_user_is_refused_on_every_node(report: Report) -> None:
    """THREAT_MODEL.md 24: from the moment when the command has ended, also while nodes and databases come and go."""
    assert report.verdict.tried["users disabled"] == LEAVERS
    assert not [each for each in report.wrong if "disabled user" in each]


def test_every_door_works_again_after_every_fault(report: Report) -> None:
    assert [outcome.name for outcome in report.outcomes] == list(TOLD), list(map(told, report.outcomes))


def test_a_node_whose_clock_is_wrong_says_so_and_is_not_ready(report: Report) -> None:
    """The balancer takes it out, and the others stay (`clock_astray` waits for that)."""
    assert [words for words in report.notices if "ahead of the database's" in words]
    assert OUTVOTED in report.notices
