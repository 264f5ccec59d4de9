"""`idp audit show`."""

from __future__ import annotations

import asyncio

import pytest

from idp import audit
from storage import Transaction
from tests.cli.conftest import Office
from tests.cli.test_user import user_id

OLD = 1_000_000_000  # 2001-09-09T01:46:40Z


@pytest.fixture
def busy(office: Office) -> Office:
    """alice and bob were added; once, long ago, alice was denied."""
    office.run("user", "add", "alice")
    office.run("user", "add", "bob")
    alice = user_id(office, "alice")

    async def deny(tx: Transaction) -> None:
        await audit.record(
            tx, "login.denied", OLD, user_id=alice, service="wiki", address="192.0.2.1", rule="x"
        )

    asyncio.run(office.within(deny))
    return office


def test_events_come_newest_first_with_the_tenants_time(busy: Office) -> None:
    rows = busy.rows("audit", "show")
    assert [row["event"] for row in rows] == ["user.added", "user.added", "login.denied"]
    assert rows[-1]["at"] == "2001-09-09 10:46:40+09:00"
    assert rows[-1]["details"] == {"rule": "x"}
    assert "2001-09-09 10:46:40+09:00  login.denied  alice" in busy.run("audit", "show").stdout


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        (("--user", "Alice"), 2),
        (("--user", "bob", "--service", "portal", "--event", "login.*"), 0),
        (("--service", "wiki"), 1),
        (("--event", "user.added"), 2),
        (("--since", "7d"), 2),
        (("--user", "alice", "--since", "7d"), 1),
        (("--limit", "1"), 1),
    ],
)
def test_they_can_be_narrowed(busy: Office, filters: tuple[str, ...], count: int) -> None:
    assert len(busy.rows("audit", "show", *filters)) == count


def test_a_slip_is_not_taken_for_silence(busy: Office) -> None:
    for option, typed, said in (
        ("--user", "alcie", "no user is called alcie, did you mean alice?"),
        ("--event", "login.denid", "no event is called login.denid, did you mean login.denied?"),
        ("--event", "logn.*", "no event is called logn.*, did you mean login.*?"),
        ("--service", "accuont", "no service is called accuont, did you mean account?"),
        ("--door", "odic", "no door is called odic, did you mean oidc?"),
    ):
        assert busy.run("audit", "show", option, typed, status=1).stderr == f"Error: {said}\n"


def test_the_code_of_a_page_finds_its_event(busy: Office) -> None:
    reference = busy.rows("audit", "show")[-1]["reference"]
    (found,) = busy.rows("audit", "show", "--reference", f" {reference.lower()} ")
    assert found["event"] == "login.denied"


def test_a_deleted_user_is_found_by_id(busy: Office) -> None:
    alice = user_id(busy, "alice")
    busy.run("user", "delete", "alice", "--yes")
    rows = busy.rows("audit", "show", "--user", alice)
    assert [row["event"] for row in rows] == ["user.deleted", "user.added", "login.denied"]
    assert rows[0]["user"] == alice and rows[0]["details"] == {"username": "alice"}


def test_a_span_that_is_none_is_misuse(busy: Office) -> None:
    assert "for example 7d" in busy.run("audit", "show", "--since", "soon", status=2).stderr


def test_patterns_rules_and_days_narrow_too(busy: Office) -> None:
    assert [row["event"] for row in busy.rows("audit", "show", "--event", "login.*")] == ["login.denied"]
    assert len(busy.rows("audit", "show", "--event", "*.added", "--limit", "1")) == 1
    assert len(busy.rows("audit", "show", "--event", "*")) == 3
    assert len(busy.rows("audit", "show", "--rule", "x")) == 1
    assert busy.rows("audit", "show", "--rule", "x", "--door", "saml") == []
    assert len(busy.rows("audit", "show", "--until", "2001-09-09T10:46:41")) == 1
    assert busy.rows("audit", "show", "--until", "2001-09-09T10:46:40") == []
    assert len(busy.rows("audit", "show", "--since", "2001-09-09", "--until", "2001-09-10")) == 1
    assert len(busy.rows("audit", "show", "--since", "2001-09-09T11:00")) == 2
