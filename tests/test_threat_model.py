"""THREAT_MODEL.md names for each line the tests that show it, and they are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"^\| (\d+) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
ROWS = [(int(number), tests) for number, _, tests, _ in ROW.findall((ROOT / "THREAT_MODEL.md").read_text())]
SHOWN = {*range(1, 25), 26, 27, 28, 29, 30, 33}  # what is built is also proven


def test_every_line_has_a_row() -> None:
    assert [number for number, _ in ROWS] == list(range(1, 34))


@pytest.mark.parametrize(("number", "tests"), ROWS, ids=[str(number) for number, _ in ROWS])
def test_every_test_that_a_row_names_carries_its_number(number: int, tests: str) -> None:
    named = re.findall(r"`(tests/[^`]+\.py)`", tests)
    assert named or number not in SHOWN
    for path in named:
        assert re.search(rf"THREAT_MODEL\.md {number}\b", (ROOT / path).read_text()), path
