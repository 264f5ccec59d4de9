"""Which facts some rules look at: whoever gathers facts asks for these alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from idp.policy.rule import Rule
from idp.policy.terms import Requests


@dataclass(frozen=True, slots=True)
class Needs:
    """What costs something to find out."""

    attributes: frozenset[str] = frozenset()
    requests: frozenset[Requests] = frozenset()
    country: bool = False
    known: bool = False
    exposures: bool = False
    models: bool = False
    certificate: bool = False
    session: bool = False


NOTHING: Final = Needs()


def needs_of(rules: Iterable[Rule]) -> Needs:
    """What any of the rules looks at."""
    listed = tuple(rules)
    return Needs(
        attributes=frozenset(each.name for rule in listed for each in rule.attributes),
        requests=frozenset(rule.requests for rule in listed if rule.requests is not None),
        country=any(rule.countries or rule.except_countries for rule in listed),
        known=any(rule.known_device is not None for rule in listed),
        exposures=any(rule.exposures for rule in listed),
        models=any(rule.models for rule in listed),
        certificate=any(rule.certificate is not None for rule in listed),
        session=any(rule.is_bare_allow for rule in listed),
    )
