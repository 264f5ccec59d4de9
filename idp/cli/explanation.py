"""How `idp policy explain` says it, to people and to machines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from idp.cli.context import Opened
from idp.policy import Attempt, Deny
from idp.policy.explain import Explanation, Tried
from idp.policy.facts import to_facts
from idp.policy.reasons import reasons


def lines(opened: Opened, attempt: Attempt, explained: Explanation) -> Iterator[str]:
    """For people: who wants where, each rule that was tried, and what follows."""
    assert attempt.user is not None
    by = f"{attempt.service} by {attempt.protocol}"
    yield f"{attempt.user.login_name} → {by}, from {attempt.address}, {opened.time(attempt.at)}"
    for tried in explained.tried:
        yield f"  {tried.rule}: {_tried(tried)}"
    yield _outcome(attempt, explained)
    if attempt.user.disabled_at is not None:
        yield f"but {attempt.user.login_name} is disabled, and let in nowhere"


def _tried(tried: Tried) -> str:
    if not tried.failed:
        return "matches"
    return "no: " + "; ".join(f"{each.condition} {each.seen}, wants {each.wanted}" for each in tried.failed)


def _outcome(attempt: Attempt, explained: Explanation) -> str:
    verdict = explained.decision.verdict
    if isinstance(verdict, Deny):
        return f"denied: {explained.decision.why}"
    if verdict.suffice(attempt.proofs):
        return "let in with what the session has proven"
    return "let in " + "; or ".join(f"after {', then '.join(way)}" for way in verdict.ways)


def row(opened: Opened, attempt: Attempt, explained: Explanation) -> dict[str, Any]:
    """The same for machines."""
    verdict = explained.decision.verdict
    return {
        "attempt": to_facts(attempt),
        "tried": [
            {
                "rule": tried.rule,
                "matches": not tried.failed,
                "failed": [
                    {"condition": each.condition, "wanted": each.wanted, "seen": each.seen}
                    for each in tried.failed
                ],
            }
            for tried in explained.tried
        ],
        "disabled": attempt.user is not None and attempt.user.disabled_at is not None,
        "outcome": "deny" if isinstance(verdict, Deny) else "require",
        "rule": verdict.rule,
        "why": explained.decision.why,
        "ways": [] if isinstance(verdict, Deny) else [list(way) for way in verdict.ways],
        "because": list(reasons(opened.tenant.rules, attempt)),
    }
