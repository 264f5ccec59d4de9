"""Whether an earlier rule matches wherever a later one would, so that the later is never reached."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final, TypeVar

from idp.policy.conditions import CONSOLE
from idp.policy.rule import Rule
from idp.policy.terms import MINUTES_A_DAY, Attribute, Hours, Network
from idp.policy.verdict import Require

T = TypeVar("T")
WEEK: Final = 7 * MINUTES_A_DAY


def covers(earlier: Rule, later: Rule) -> bool:
    """True only if nothing matches `later` that does not match `earlier`; false where that is not plain to see."""
    return _console(earlier, later) and covers_elsewhere(earlier, later)


def covers_elsewhere(earlier: Rule, later: Rule) -> bool:
    """The same but for the console, into which most rules let nobody."""
    return all(check(earlier, later) for check in CHECKS)


def _within(outer: frozenset[T], inner: frozenset[T]) -> bool:
    """Of sets of what may be: an empty one is everything."""
    return not outer or (bool(inner) and inner <= outer)


def _service(earlier: Rule, later: Rule) -> bool:
    wanted = [
        names for names, given in ((later.services, later.services), (later.tagged, later.tags)) if given
    ]
    if not wanted:
        return not earlier.services and not earlier.tags
    meant = frozenset.intersection(*wanted)
    return (not earlier.services or meant <= earlier.services) and (
        not earlier.tags or meant <= earlier.tagged
    )


def _console(earlier: Rule, later: Rule) -> bool:
    """Who lets nobody into the console covers nothing there."""
    return not earlier.is_kept_from_console or later.is_kept_from_console or not _may_be_console(later)


def _may_be_console(rule: Rule) -> bool:
    return not rule.tags and (not rule.services or CONSOLE in rule.services)


def _protocol(earlier: Rule, later: Rule) -> bool:
    return _within(earlier.protocols, later.protocols)


def _groups(earlier: Rule, later: Rule) -> bool:
    sure = later.all_groups | (later.groups if len(later.groups) == 1 else frozenset())
    some = _within(earlier.groups, later.groups) or not earlier.groups.isdisjoint(sure)
    return some and earlier.all_groups <= sure and earlier.no_groups <= later.no_groups


def _attributes(earlier: Rule, later: Rule) -> bool:
    return all(any(_has(wide, narrow) for narrow in later.attributes) for wide in earlier.attributes)


def _has(wide: Attribute, narrow: Attribute) -> bool:
    if wide.name != narrow.name or bool(wide.values) != bool(narrow.values):
        return False
    return narrow.values <= wide.values


def _networks(earlier: Rule, later: Rule) -> bool:
    inside = not earlier.networks or (
        bool(later.networks) and all(_lies_in(each, earlier.networks) for each in later.networks)
    )
    return inside and all(
        _lies_in(hole, later.except_networks)
        or (bool(later.networks) and not any(hole.overlaps(each) for each in later.networks))
        for hole in earlier.except_networks
    )


def _lies_in(network: Network, others: Iterable[Network]) -> bool:
    return any(network.version == other.version and network.subnet_of(other) for other in others)  # type: ignore[arg-type]


def _countries(earlier: Rule, later: Rule) -> bool:
    named = bool(later.countries) and later.countries.isdisjoint(earlier.except_countries)
    return _within(earlier.countries, later.countries) and (
        named or earlier.except_countries <= later.except_countries
    )


def _hours(earlier: Rule, later: Rule) -> bool:
    if not earlier.hours:
        return True
    if not later.hours or earlier.zone != later.zone:
        return False
    wide, narrow = _minutes(earlier.hours), _minutes(later.hours)
    return narrow & ~wide == 0


@lru_cache(maxsize=1024)
def _minutes(spans: tuple[Hours, ...]) -> int:
    """The minutes of a week in which one of them holds, as bits."""
    bits = 0
    for span in spans:
        length = (span.end - span.start) % MINUTES_A_DAY or MINUTES_A_DAY
        for day in span.days:
            run = ((1 << length) - 1) << (day * MINUTES_A_DAY + span.start)
            bits |= run | run >> WEEK  # Sunday's night runs into Monday
    return bits & ((1 << WEEK) - 1)


def _same_or_any(earlier: Rule, later: Rule) -> bool:
    pairs = (
        (earlier.holiday, later.holiday),
        (earlier.certificate, later.certificate),
        (earlier.known_device, later.known_device),
    )
    return all(wide is None or wide is narrow for wide, narrow in pairs)


def _proofs(earlier: Rule, later: Rule) -> bool:
    wide, narrow = earlier.proofs, later.proofs
    if not _within(earlier.models, later.models):
        return False
    if _is_allow(earlier) and not (_is_allow(later) or narrow or later.models):
        return False
    if wide is None:
        return True
    if narrow is None or not _within(wide.given, narrow.given):
        return False
    ages = (wide.within_seconds, narrow.within_seconds)
    young = ages[0] is None or (ages[1] is not None and ages[1] <= ages[0])
    return young and (wide.strength == "single" or narrow.strength == "multi")


def _is_allow(rule: Rule) -> bool:
    return isinstance(rule.then, Require) and not rule.then.names


def _past(earlier: Rule, later: Rule) -> bool:
    if earlier.exposures > later.exposures:
        return False
    wide, narrow = earlier.requests, later.requests
    return wide is None or (narrow is not None and narrow.key == wide.key and narrow.over >= wide.over)


CHECKS: Final[tuple[Callable[[Rule, Rule], bool], ...]] = (
    _service,
    _protocol,
    _groups,
    _attributes,
    _networks,
    _countries,
    _hours,
    _same_or_any,
    _proofs,
    _past,
)
