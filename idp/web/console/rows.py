"""Records of the audit log, and explanations, as pages of the console show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from idp.policy import Attempt, Deny, Rule
from idp.policy.explain import SEEN, Explanation, explain
from idp.policy.rehearsal import standing
from idp.policy.words import EVERYONE, NO_MATCH
from idp.web.console import values
from idp.web.console.entering import ROOM
from idp.web.exchange import TENANT
from idp.web.respond import event_name, moment
from storage import Transaction
from storage.records import AuditRecord

OUTCOMES: Final[Mapping[str, str]] = {
    "accepted": "login.accepted",
    "denied": "login.denied",
    "wrong": "proof.refused",
    "locked": "proof.locked",
    "refused": "login.refused",
}
EVENTS: Final = {event: outcome for outcome, event in OUTCOMES.items()}


async def listed(
    request: web.Request, tx: Transaction, records: Iterable[AuditRecord]
) -> list[dict[str, Any]]:
    """A line for each record, with the names that its people have now."""
    known: dict[str, str] = {}
    rows = []
    for record in records:
        user_id = record.user_id
        if user_id is not None and user_id not in known:
            user = await tx.users.find(user_id)
            known[user_id] = user.login_name if user else ""
        rows.append(row(request, record, known.get(user_id or "", "")))
    return rows


def row(request: web.Request, record: AuditRecord, name: str) -> dict[str, Any]:
    """One line; `name` is the user's now, empty for who is no user. What was typed may be anything."""
    details = record.details
    return {
        "url": f"{request[TENANT].prefix}{ROOM}/decisions/{record.id}",
        "at": moment(request, record.at),
        **whom(record, name),
        "service": record.service,
        "door": _text(details.get("door", "")),
        "outcome": EVENTS.get(record.event, ""),
        "event": record.event,
        "event_name": event_name(request, record.event),
        "rule": _text(details.get("rule", "")),
        "why": conditions(_text(details.get("why", ""))),
        "about": _text(details.get("authenticator") or details.get("reason") or ""),
        "reference": record.reference,
    }


def whom(record: AuditRecord, name: str) -> dict[str, str]:
    """Who it was. `known`: a user. `erased`, `deleted`: he was one. `typed`: a name that nobody has; `nobody`: none."""
    if name:
        return {"who": name, "person": "known"}
    typed = _text(record.details.get("username", ""))
    if record.user_id is not None:
        return {"who": typed, "person": "erased" if record.is_erased else "deleted"}
    return {"who": typed, "person": "typed" if typed else "nobody"}


def conditions(why: str) -> list[tuple[str, values.Value]]:
    """The conditions of a rule, as `Rule.why` wrote them down: each its name, and what it wants."""
    found: list[tuple[str, values.Value]] = []
    for part in why.split("; ") if why not in ("", EVERYONE, NO_MATCH) else ():
        name = next((each for each in SEEN if part.startswith(f"{each} ")), "")
        found.append((name, values.value(name, part.removeprefix(f"{name} ") if name else part)))
    return found


def explained(rules: Sequence[Rule], attempt: Attempt) -> tuple[Explanation, dict[str, Any]]:
    """How the rules come to decide an attempt, and the same for a page."""
    explanation = explain(rules, attempt)
    decision = explanation.decision
    verdict = decision.verdict
    return explanation, {
        "tried": [
            {
                "rule": tried.rule,
                "failed": [
                    {
                        "condition": each.condition,
                        "seen": values.seen(each.condition, each.seen),
                        "wanted": values.value(each.condition, each.wanted),
                    }
                    for each in tried.failed
                ],
            }
            for tried in explanation.tried
        ],
        "outcome": standing(decision, attempt.proofs),
        "rule": decision.rule.name if decision.rule else "",
        "ways": [] if isinstance(verdict, Deny) else [list(way) for way in verdict.ways],
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
