"""An attempt as it is written down, so that it can be decided again: JSON that holds nothing but what rules look at."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any

from idp.policy.attempt import Attempt, Given
from storage.records import User


def to_facts(attempt: Attempt) -> dict[str, Any]:
    """The facts by name; one that has its default is left out. Who it was is not among them."""
    facts: dict[str, Any] = {
        "door": attempt.protocol,
        "service": attempt.service,
        "ip": str(attempt.address),
        "at": attempt.at,
    }
    if attempt.groups:
        facts["groups"] = sorted(attempt.groups)
    if attempt.proofs:
        facts["proofs"] = [_proof(given) for given in attempt.proofs]
    if attempt.attributes:
        facts["attributes"] = dict(attempt.attributes)
    for name in ("session", "country", "known", "certificate", "exposures"):
        if value := getattr(attempt, name):
            facts[name] = value
    if attempt.requests:
        facts["requests"] = dict(attempt.requests)
    return facts


def from_facts(facts: Mapping[str, Any]) -> Attempt:
    """The attempt that was written down. It is decided like the one that was, and its user has groups but no name.

    A fact that nobody wrote down, because no rule looked at it then, has its default.
    """
    groups = facts.get("groups")
    return Attempt(
        protocol=facts["door"],
        service=facts["service"],
        address=ip_address(facts["ip"]),
        at=facts["at"],
        user=User("", "", 0, groups=frozenset(groups)) if groups else None,
        proofs=tuple(Given(*given) for given in facts.get("proofs", ())),
        session=facts.get("session", False),
        attributes=facts.get("attributes", {}),
        country=facts.get("country", ""),
        known=facts.get("known", False),
        certificate=facts.get("certificate", False),
        exposures=facts.get("exposures", 0),
        requests=facts.get("requests", {}),
    )


def _proof(given: Given) -> list[Any]:
    told: list[Any] = [given.authenticator, given.age, given.factor]
    return [*told, given.model] if given.model else told
