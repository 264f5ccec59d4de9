"""Patterns: how they are written, and which are too easy."""

from __future__ import annotations

import pytest

from idp.authenticators import Refused
from idp.authenticators.matrix.pattern import check, is_one_stroke, is_straight, parse
from idp.authenticators.matrix.settings import PatternSettings, TableSettings

TABLE = TableSettings()


@pytest.mark.parametrize(
    "text",
    ["A1 F2 L4", "a1 f2 l4", " A1\tF2\nL4 ", "A1,F2,L4", "A1, F2, L4", "Ａ１　Ｆ２　Ｌ４"],
)
def test_cells_are_a_column_letter_and_a_row_number(text: str) -> None:
    assert parse(text, TABLE) == ((0, 0), (5, 1), (11, 3))
    assert " ".join(map(str, parse(text, TABLE))) == "A1 F2 L4"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("A1 M2", 2),
        ("A5", 1),
        ("A0", 1),
        ("1A", 1),
        ("A1 F2 A", 3),
        ("A1F2", 1),
        ("A1 -", 2),
        ("AA1", 1),
        ("A1 A100", 2),
        ("A1 あ2", 2),
        ("A²", 0),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_would_be_right(text: str, number: int) -> None:
    if number == 0:  # a superscript two is a two to NFKC
        assert parse(text, TABLE) == ((0, 1),)
        return
    with pytest.raises(Refused, match=rf"^cell {number} of the pattern is not between A1 and L4") as refused:
        parse(text, TABLE)
    assert refused.value.rule == "cell"


def rule_broken(text: str, table: TableSettings = TABLE, **settings: object) -> str | None:
    try:
        check(parse(text, table), PatternSettings.model_validate(settings), table)
    except Refused as refused:
        return refused.rule
    return None


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("A1 F2 K3 L4 C2 G1", None),
        ("A1 F2 K3 L4 C2", "too-short"),
        ("", "too-short"),
        ("A1 F2 K3 L4 C2 G1 " * 2 + "H1", "too-long"),
        ("A1 F2 K3 L4 C2 G1 " * 2, None),
        ("B2 B2 B2 B2 B2 B2", "one-cell"),
        ("A1 A1 F2 F2 K4 K4", None),
    ],
)
def test_a_pattern_has_six_to_twelve_cells_not_all_alike(text: str, rule: str | None) -> None:
    """Cells may be taken again; a pattern that is nothing but one cell repeated is always refused."""
    assert rule_broken(text) == rule
    assert rule_broken(text, forbid=[]) == rule


@pytest.mark.parametrize(
    ("text", "straight"),
    [
        ("A1 B1 C1 D1 E1 F1", True),
        ("F1 E1 D1 C1 B1 A1", True),
        ("A1 C1 D1 G1 K1 L1", True),
        ("A1 A1 B1 C1 D1 E1", True),
        ("A1 B2 C3 D4", True),
        ("D1 C2 B3 A4", True),
        ("C1 C2 C3 C4", True),
        ("A1 C2 E3 G4", True),
        ("A1 B1 C1 D1 E1 F2", False),
        ("A1 C1 B1 D1 F1 E1", False),
        ("A1 B1 C1 C2 C3 C4", False),
        ("C1 C2 C3 C4 C3 C2", False),
        ("A1 F2 K3 L4 C2 G1", False),
    ],
)
def test_a_straight_line_runs_one_way_along_a_row_a_column_or_a_slant(text: str, straight: bool) -> None:
    assert is_straight(parse(text, TABLE)) is straight


@pytest.mark.parametrize(
    ("text", "one_stroke"),
    [
        ("A1 B1 C1 D1 E1 F1", True),
        ("A1 B2 C1 D2 E1 F2", True),
        ("A1 A2 A3 B3 C3 C2", True),
        ("A1 B1 A1 B1 A1 B1", True),
        ("A1 A1 B2 B2 C3 C3", True),
        ("D1 E1 F1 G1 H1 I1", True),
        ("A1 B1 C1 D1 E1 G1", False),
        ("A1 A3 B1 B2 C1 C2", False),
        ("A1 L1 A1 L1 A1 L1", False),
        ("A1 F2 K3 L4 C2 G1", False),
    ],
)
def test_one_stroke_touches_each_next_cell_corners_included(text: str, one_stroke: bool) -> None:
    assert is_one_stroke(parse(text, TABLE)) is one_stroke


@pytest.mark.parametrize(
    ("text", "forbid", "rule"),
    [
        ("A1 C1 E1 G1 I1 K1", ["straight"], "straight"),
        ("A1 C1 E1 G1 I1 K1", ["one-stroke"], None),
        ("A1 B2 C1 D2 E1 F2", ["one-stroke"], "one-stroke"),
        ("A1 B2 C1 D2 E1 F2", ["straight"], None),
        ("A1 B1 C1 D1 E1 F1", [], None),
    ],
)
def test_only_what_the_policy_forbids_is_forbidden(text: str, forbid: list[str], rule: str | None) -> None:
    assert rule_broken(text, forbid=forbid) == rule


@pytest.mark.parametrize(
    ("text", "rule"),
    [("A1 D4 A4 D1 F2 H3", "every-block"), ("A1 D4 A4 D1 F2 I3", None), ("L1 L4 L2 I3 E1 D2", None)],
)
def test_the_policy_may_want_a_cell_in_every_block(text: str, rule: str | None) -> None:
    assert rule_broken(text, every_block=True) == rule
    assert rule_broken(text) is None
