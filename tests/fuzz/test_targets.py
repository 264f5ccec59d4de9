"""Every parser against mutated inputs, the same ones each time; `make fuzz` goes on for as long as it is told.

Parsers that take apart what people or machines send are in `targets`: a new one belongs there.
"""

from __future__ import annotations

import logging
import resource

import pytest

from tests.fuzz.mutator import inputs
from tests.fuzz.targets import TARGETS

ROUNDS = 1000
GROWTH = 96 * 1024  # KiB by which the largest size that this process ever had may rise


@pytest.mark.parametrize("name", TARGETS)
def test_no_input_is_more_than_a_parser_can_bear(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """THREAT_MODEL.md 32: Every parser: bounded depth, length, time: no exception but its own, no growth of memory."""
    target = TARGETS[name]
    monkeypatch.setattr(
        logging.root.manager, "disable", logging.CRITICAL
    )  # libraries repeat what no terminal can show
    for seed in target.seeds():
        target.check(seed)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for data in inputs(target, ROUNDS):
        target.check(data)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < GROWTH
