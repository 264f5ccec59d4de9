"""What is written down of an attempt: enough to decide it again, and nothing that tells who it was."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import orjson

from idp.policy import Attempt, Given
from idp.policy.facts import from_facts, to_facts
from storage.records import User

PLAIN = Attempt("oidc", "wiki", ip_address("192.0.2.7"), 1_800_000_000)
ALICE = User("id-1", "alice", 0, email="alice@example.com", groups=frozenset(("staff", "sales")))
FULL = Attempt(
    "radius",
    "vpn",
    ip_address("2001:db8::1"),
    1_800_000_000,
    ALICE,
    (
        Given("matrix", 12, "knowledge"),
        Given("passkey", 0, "multiple", "08987058-cadc-4b81-b6e1-30de50dcbe96"),
    ),
    {"department": "sales", "badges": ["a", "b"], "contractor": True},
    "JP",
    known=True,
    certificate=True,
    exposures=3,
    requests={"user 60": 2},
)


def test_what_has_its_default_is_left_out() -> None:
    assert to_facts(PLAIN) == {"door": "oidc", "service": "wiki", "ip": "192.0.2.7", "at": 1_800_000_000}


def test_what_rules_look_at_comes_back_through_json_and_who_it_was_does_not() -> None:
    written = orjson.dumps(to_facts(FULL))
    back = from_facts(orjson.loads(written))
    assert replace(back, user=ALICE) == FULL
    assert back.groups == FULL.groups
    assert b"alice" not in written
    assert to_facts(back) == to_facts(FULL)
