"""Rehearsals on both databases: an unchanged policy flips none, and a changed one those whom it is about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from idp import audit
from idp.policy import Require, Rule
from idp.policy.rehearsal import Flip
from idp.revisions.rehearsing import rehearse
from storage import Storage
from tests.storage.examples import NOW, USER

pytestmark = pytest.mark.both_stores

STAFF = Rule("staff", Require("staff", ("matrix",)), groups=frozenset(("staff",)))
OTHERS = replace(STAFF, groups=frozenset(("管理",)))


async def test_an_unchanged_policy_flips_none_and_a_changed_one_its_people(
    store: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Page by page, of the time that is asked for, and without those who were erased."""
    monkeypatch.setattr("idp.revisions.rehearsing.PAGE", 7)
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        for number in range(30):
            facts: dict[str, Any] = {"door": "oidc", "service": "wiki", "ip": "192.0.2.1", "at": NOW + number}
            facts |= {"groups": ["staff"], "proofs": [["matrix", 0, "knowledge"]]} if number % 3 else {}
            event = "login.accepted" if number % 3 else "login.denied"
            about: dict[str, Any] = {"door": "oidc", "rule": "staff", "why": "-", "attempt": facts}
            await audit.record(tx, event, NOW + number, user_id="u1" if number < 20 else None, **about)
    span, heard = (NOW + 3, NOW + 27), list[int]()
    unchanged = await rehearse(store, "acme", ((STAFF,), (STAFF,)), span, heard.append)
    assert (unchanged.attempts, unchanged.flipped, unchanged.unknown) == (24, 0, 0)
    assert heard == sorted(heard) and len(heard) == 4 and heard[-1] == NOW + 26
    changed = await rehearse(store, "acme", ((STAFF,), (OTHERS,)), span)
    assert changed.flips == {Flip("let in", "denied", "staff", "default"): 16}
    assert (await rehearse(store, "other", ((STAFF,), (OTHERS,)), span)).attempts == 0
    async with store.transaction("acme") as tx:
        await tx.person_keys.erase("u1", NOW + 100)
    erased = await rehearse(store, "acme", ((STAFF,), (OTHERS,)), span)
    assert (erased.attempts, erased.unknown, erased.flipped) == (24, 17, 5)
