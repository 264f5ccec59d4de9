"""Budgets at a NAS: of guesses, which are slowed down there, and of logins that others may have seen."""

from __future__ import annotations

from tests.people import PATTERN, answer
from tests.protocols.radius.conftest import TOKENS, MakeNAS
from tests.protocols.radius.nas import ACCEPT, CHALLENGE, NAS, REJECT, Answer

BUDGET = 2  # of wrong answers and of logins that were seen, at the tenant `strict`


def enter(nas: NAS, name: str, typed: str = "") -> Answer:
    """The table, and an answer to it: the right one unless another is `typed`."""
    asked = nas.ask(nas.pap(name, ""))
    return nas.ask(nas.pap(name, typed or answer(PATTERN, asked.table), state=asked.state))


def test_a_pattern_wears_out_at_a_nas_unless_that_is_trusted(make_nas: MakeNAS) -> None:
    desk, gate = make_nas("127.0.1.30"), make_nas("127.0.1.3")
    assert [enter(desk, "yuki").code for _ in range(BUDGET + 1)] == [ACCEPT] * (BUDGET + 1)
    assert [enter(gate, "yuki").code for _ in range(BUDGET)] == [ACCEPT] * BUDGET
    asked = enter(desk, "yuki")
    assert asked.code == CHALLENGE and not asked.table
    assert desk.ask(desk.pap("yuki", TOKENS["yuki"].code(), state=asked.state)).code == ACCEPT


def test_who_comes_before_the_wait_is_over_is_refused_whatever_he_types(make_nas: MakeNAS) -> None:
    """THREAT_MODEL.md 18: Every path that checks a secret (web, RADIUS, …) spends the same budget."""
    desk, gate = make_nas("127.0.1.30"), make_nas("127.0.1.3")
    assert enter(desk, "akira").code == ACCEPT
    for nas in (desk, gate):
        assert enter(nas, "akira", "000000000").code == REJECT
    assert [enter(nas, "akira").code for nas in (desk, gate)] == [REJECT] * 2
