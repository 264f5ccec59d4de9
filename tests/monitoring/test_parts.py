"""How each part stands, from what was found out: which words mean what, and what takes a node out of service."""

from __future__ import annotations

from typing import Any

import pytest

from idp.monitoring.parts import ENDING_SECONDS, STUCK_SECONDS, UNLINKED_SECONDS, Parts, judge
from idp.monitoring.survey import Certified, Standing, Stream
from storage.deliveries import Undelivered
from storage.mails import Backlog

NOW = 1_800_000_000
LIVE: dict[str, Any] = {"doors": {"radius": "ok"}, "directories": {}, "died": [], "notices": {}}
WELL: dict[str, Any] = {
    "tenant": "acme",
    "sessions": 0,
    "mails": Backlog(0, None, 0),
    "deliveries": Undelivered(0, None),
    "linked": 9,
    "unlinked": 0,
    "unlinked_since": 0,
    "streams": {"siem": Stream(0, 0)},
    "keys": (),
    "certificates": (Certified("signing", NOW + ENDING_SECONDS + 1),),
}
SOON, GONE = Certified("signing", NOW + 86400 * 3), Certified("authority", NOW)


def found(live: dict[str, Any] | None = None, workers: int = 1, **standing: Any) -> Parts:
    lives = [LIVE | (live or {})]
    return judge(("oidc", "radius"), workers, lives, [Standing(**(WELL | standing))], NOW)


def test_a_node_that_is_well() -> None:
    parts = found()
    assert set(parts.states.values()) == {"ok"} and parts.reasons == {}
    assert {
        "storage",
        "keys",
        "door oidc",
        "door radius",
        "mail",
        "audit",
        "background",
    } <= parts.states.keys()


@pytest.mark.parametrize(
    ("part", "state", "words", "standing"),
    [
        ("mail", "degraded", "3 mails could not be sent", {"mails": Backlog(3, None, 0)}),
        ("mail", "degraded", "has waited", {"mails": Backlog(0, NOW - STUCK_SECONDS - 1, 1)}),
        ("logout", "degraded", "sign-out", {"deliveries": Undelivered(1, NOW - STUCK_SECONDS - 1)}),
        (
            "audit",
            "degraded",
            "5 records",
            {"unlinked": 5, "unlinked_since": NOW - UNLINKED_SECONDS - 1},
        ),
        ("streams", "degraded", "siem does not get through", {"streams": {"siem": Stream(7, 2)}}),
        ("certificates", "degraded", "ends in 3 days", {"certificates": (SOON,)}),
        ("certificates", "failed", "has ended", {"certificates": (SOON, GONE)}),
        ("keys", "failed", "do not open", {"unsealable": "signing keys"}),
    ],
)
def test_what_stands_in_the_database(part: str, state: str, words: str, standing: dict[str, Any]) -> None:
    parts = found(**standing)
    assert parts.states[part] == state
    assert any(words in reason and "acme" in reason for reason in parts.reasons[part])
    assert {name for name, each in parts.states.items() if each != "ok"} == {part}


@pytest.mark.parametrize(
    "standing",
    [
        {"mails": Backlog(0, NOW - STUCK_SECONDS, 1)},
        {"deliveries": Undelivered(9, NOW - STUCK_SECONDS)},
        {"unlinked": 9, "unlinked_since": NOW - UNLINKED_SECONDS},
    ],
)
def test_a_queue_that_moves_is_no_fault(standing: dict[str, Any]) -> None:
    assert set(found(**standing).states.values()) == {"ok"}


@pytest.mark.parametrize(
    ("part", "state", "live"),
    [
        ("door radius", "degraded", {"doors": {"radius": "degraded"}}),
        ("directories", "failed", {"directories": {"acme/corp": "failed"}}),
        ("background", "failed", {"died": ["idp.sweeping._sweep"]}),
        ("configuration", "degraded", {"notices": {"revision": ["revision 2 cannot be used here"]}}),
        (
            "clock",
            "degraded",
            {"notices": {"clock": ["the clock of this node is 9 s behind the database's"]}},
        ),
        (
            "clock",
            "failed",
            {"notices": {"clock/outvoted": ["most nodes' clocks agree, not with this one's"]}},
        ),
        ("audit", "failed", {"notices": {"chain/acme": ["acme: the audit log was tampered with"]}}),
    ],
)
def test_what_a_process_says_of_itself(part: str, state: str, live: dict[str, Any]) -> None:
    parts = found(live)
    assert (parts.states[part], bool(parts.reasons[part])) == (state, True)


def test_the_worst_of_all_workers_counts() -> None:
    lives = [LIVE, LIVE | {"doors": {"radius": "failed"}}, LIVE | {"doors": {"radius": "degraded"}}]
    assert judge(("radius",), 3, lives, [], NOW).states["door radius"] == "failed"


def test_missing_workers_and_a_database_that_does_not_answer() -> None:
    assert found(workers=2).reasons["workers"] == ["1 of 2 serve"]
    assert judge((), 1, [LIVE], None, NOW).states["storage"] == "failed"
