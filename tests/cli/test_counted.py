"""How the command line says how many."""

from __future__ import annotations

from idp.cli.counted import counted


def test_one_is_no_plural() -> None:
    assert [counted(number, "token") for number in (0, 1, 2)] == ["0 tokens", "1 token", "2 tokens"]
