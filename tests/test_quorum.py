"""Whose clock is wrong, where several differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from idp import quorum
from idp.quorum import AGREEING_SECONDS, SILENT_SECONDS, is_outvoted, name_of, vote
from storage import Storage
from storage.nodes import NodeClock
from storage.revisions import EVERYWHERE

AT, ASTRAY = 1_800_000_000, 200


@pytest.mark.parametrize(
    ("ahead", "out"),
    [
        ([ASTRAY], [False]),  # alone with the database nobody knows
        ([0, ASTRAY], [False, True]),
        ([0, -ASTRAY], [False, True]),
        ([ASTRAY, ASTRAY], [False, False]),  # the database's own is off
        ([ASTRAY, ASTRAY, ASTRAY], [False, False, False]),
        ([0, 0, ASTRAY], [False, False, True]),
        ([ASTRAY, ASTRAY, 0], [False, False, False]),  # two against one and the database
        ([ASTRAY, ASTRAY, ASTRAY, 0], [False, False, False, True]),
        ([0, ASTRAY, -ASTRAY], [False, False, False]),
        ([0, 0, ASTRAY, -ASTRAY], [False, False, True, True]),
        ([0, AGREEING_SECONDS, -AGREEING_SECONDS], [False, False, False]),
        ([0, 0, AGREEING_SECONDS + 1], [False, False, True]),
    ],
)
def test_the_clock_is_wrong_with_which_most_do_not_agree(ahead: list[int], out: list[bool]) -> None:
    told = [is_outvoted(mine, ahead[:at] + ahead[at + 1 :]) for at, mine in enumerate(ahead)]
    assert told == out


def test_never_are_more_than_half_of_the_nodes_out() -> None:
    shown = (0, 3, 6, 9, ASTRAY, -ASTRAY)
    for many in range(1, 5):
        for number in range(len(shown) ** many):
            ahead = [shown[number // len(shown) ** place % len(shown)] for place in range(many)]
            out = [is_outvoted(mine, ahead[:at] + ahead[at + 1 :]) for at, mine in enumerate(ahead)]
            assert 2 * sum(out) <= many, ahead


async def test_a_node_has_one_voice_and_none_once_it_is_silent(store: Storage) -> None:
    assert not await vote(store, "one", 0, AT)
    for _ in range(3):  # it starts again and again
        assert await vote(store, "two", ASTRAY, AT)
    assert not await vote(store, "two", 1, AT + 30)
    assert not await vote(store, "two", ASTRAY, AT + SILENT_SECONDS + 1)
    async with store.snapshot(EVERYWHERE) as tx:
        assert await tx.nodes.list() == [NodeClock("two", ASTRAY, AT + SILENT_SECONDS + 1)]
    async with store.snapshot("acme") as tx:
        assert await tx.nodes.list() == []


async def test_when_the_database_was_set_back_nobody_speaks_for_the_time_before(store: Storage) -> None:
    """A node that is gone would have its voice for as long as the clock was ahead."""
    for name in ("gone", "gone too"):
        await vote(store, name, -2 * ASTRAY, AT)
    assert not await vote(store, "one", 0, AT - 2 * ASTRAY)
    async with store.snapshot(EVERYWHERE) as tx:
        assert [each.node for each in await tx.nodes.list()] == ["one"]


def test_a_node_is_known_again_and_not_taken_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {name_of(tmp_path), name_of(tmp_path / "." / "")}
    assert len(names) == 1 and str(tmp_path) not in names.pop()
    other = {name_of(tmp_path), name_of(tmp_path / "other")}
    monkeypatch.setattr(quorum, "BOOT_ID", tmp_path / "nowhere")
    assert len(other | {name_of(tmp_path)}) == 3
