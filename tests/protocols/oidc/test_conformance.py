"""docs/conformance.md names for each module of the certification suite the tests that stand for it."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[3]
ROW = re.compile(r"^\| (oidcc-\S+) \| .* \| (.+) \| .*\|$", re.MULTILINE)
MODULES = 77  # of the profiles that the page names


def test_every_module_has_a_row_and_every_row_its_tests() -> None:
    rows = ROW.findall((ROOT / "docs" / "conformance.md").read_text())
    said = {module: set(re.findall(r"`(\w+)`", files)) for module, files in rows}
    assert len(said) == len(rows) == MODULES
    assert said == {module: by_module()[module] for module in said}


def test_every_test_that_is_named_after_a_module_stands_in_a_row() -> None:
    page = (ROOT / "docs" / "conformance.md").read_text()
    assert [module for module in by_module() if f"| {module} |" not in page] == []


def by_module() -> dict[str, set[str]]:
    """By module the files with a test of its name; words behind two underscores are the test's own."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in (Path(__file__).parent / "conformance").glob("test_*.py"):
        for name in re.findall(r"def test_(oidcc_\w+?)(?:__\w+)?\(", file.read_text()):
            found[name.replace("_", "-").replace("3rd-party", "3rd_party")].add(file.stem)
    return found
