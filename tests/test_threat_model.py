"""THREAT_MODEL.md names for each line the tests that show it, and they are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"^\| (\d+) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
TABLE = ROW.findall((ROOT / "THREAT_MODEL.md").read_text())
ROWS = [(int(number), tests) for number, _, tests, _ in TABLE]
MENTION = re.compile(r"THREAT_MODEL\.md (\d+)\b")
MENTIONED = {
    str(path.relative_to(ROOT)): {int(number) for number in MENTION.findall(path.read_text())}
    for path in sorted((ROOT / "tests").rglob("*.py"))
    if "node_modules" not in path.parts and path != Path(__file__)
}


def test_every_line_has_a_row() -> None:
    assert [number for number, _ in ROWS] == list(range(1, 34))


@pytest.mark.parametrize(("number", "tests"), ROWS, ids=[str(number) for number, _ in ROWS])
def test_a_row_names_the_tests_that_carry_its_number(number: int, tests: str) -> None:
    """Each once, and there is no line without one."""
    named = re.findall(r"`(tests/[^`]+\.py)`", tests)
    assert len(set(named)) == len(named) > 0
    assert set(named) <= {path for path, numbers in MENTIONED.items() if number in numbers}


def test_a_row_names_code_that_is_there() -> None:
    """Each file once, by its whole path."""
    for number, _, _, code in TABLE:
        named = re.findall(r"`([^`]+)`", code)
        assert code == ", ".join(f"`{path}`" for path in dict.fromkeys(named)), number
        assert [path for path in named if not (ROOT / path).exists()] == []
