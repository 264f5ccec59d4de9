"""The rules before another, found by what they are about: of thousands, few can match wherever it would."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from itertools import product

from idp.policy.rule import Rule

Place = tuple[str | None, str | None]  # a service and a group; None for a rule that does not look at them


class Earlier:
    """Filled in the order of the rules."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._about: defaultdict[Place, list[int]] = defaultdict(list)

    def add(self, rule: Rule) -> None:
        """One more, behind those that are there."""
        for place in product(rule.services or (None,), rule.groups or (None,)):
            self._about[place].append(len(self._rules))
        self._rules.append(rule)

    def covering(self, rule: Rule, covers: Callable[[Rule, Rule], bool]) -> Rule | None:
        """The first that matches wherever this one would, as `idp.policy.covering` says."""
        if rule.tags and not (rule.tagged & rule.services if rule.services else rule.tagged):
            places = list(range(len(self._rules)))  # it is about no service at all
        else:
            places = sorted({place for about in _about(rule) for place in self._about.get(about, ())})
        return next((self._rules[place] for place in places if covers(self._rules[place], rule)), None)


def _about(rule: Rule) -> Iterator[Place]:
    """Where a rule stands that could cover this one: it names a service of this one's or none, and so with groups."""
    services: Collection[str | None] = rule.services | rule.tagged | {None}
    groups: Collection[str | None] = rule.groups | rule.all_groups | {None}
    yield from product(services, groups)
