"""The conditions of a rule, each a name and a question to an attempt."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from idp.policy import words
from idp.policy.attempt import MULTIPLE, Attempt, Given
from idp.policy.terms import Attribute, Network, Proofs
from idp.policy.verdict import Require

if TYPE_CHECKING:
    from idp.policy.rule import Rule

# service: where somebody wants to go. person: who he is. place: whence and when he comes, the same whoever he is.
# history: what we know of his past, which changes. proof: what he has proven by now.
Kind = Literal["service", "person", "place", "history", "proof"]
ALL: Final[frozenset[Kind]] = frozenset(("service", "person", "place", "history", "proof"))
ALWAYS: Final[frozenset[Kind]] = frozenset(("service", "person"))  # hold, or not, wherever somebody is
ANYBODY: Final[frozenset[Kind]] = frozenset(("service", "place", "proof"))  # hold, or not, whoever it is
VARYING: Final = ANYBODY - {
    "service"
}  # of these, whether they hold differs at one service from login to login

Holds = Callable[[Attempt], bool]


class Condition(NamedTuple):
    """One of a rule. `name` is the key of `when` under which it is written, and `wanted` says what stands there."""

    name: str
    kind: Kind
    wanted: str
    holds: Holds


# Who says nothing of the console lets nobody into it; a denial that says nothing of services is for it too.
CONSOLE: Final = "console"
BY_NAME: Final = Condition(
    "services", "service", f"{CONSOLE}, by its name", lambda attempt: attempt.service != CONSOLE
)
SIGNED_IN: Final = Condition("signed in", "proof", "true", lambda attempt: bool(attempt.proofs))


def conditions_of(rule: Rule) -> tuple[Condition, ...]:
    """Those that the rule has: of the service first, then of the person, then the others."""
    found = [*_of_service(rule), *_of_person(rule), *_of_place(rule), *_of_time(rule), *_of_past(rule)]
    if isinstance(rule.then, Require) and not rule.then.names:
        found.append(SIGNED_IN)
    return tuple(found)


def _of_service(rule: Rule) -> Iterator[Condition]:
    services, tags, tagged, protocols = rule.services, rule.tags, rule.tagged, rule.protocols
    if isinstance(rule.then, Require) and CONSOLE not in services | protocols:
        yield BY_NAME
    if services:
        yield Condition("services", "service", words.listed(services), lambda one: one.service in services)
    if tags:
        yield Condition("tags", "service", words.listed(tags), lambda one: one.service in tagged)
    if protocols:
        yield Condition(
            "protocols", "service", words.listed(protocols), lambda one: one.protocol in protocols
        )


def _of_person(rule: Rule) -> Iterator[Condition]:
    some, every, none = rule.groups, rule.all_groups, rule.no_groups
    if some:
        wanted = words.listed(some)
        yield Condition("groups", "person", wanted, lambda one: not some.isdisjoint(one.groups))
    if every:
        wanted = f"all of {words.listed(every)}"
        yield Condition("groups", "person", wanted, lambda one: every <= one.groups)
    if none:
        wanted = f"none of {words.listed(none)}"
        yield Condition("groups", "person", wanted, lambda one: none.isdisjoint(one.groups))
    for attribute in rule.attributes:
        yield Condition("attributes", "person", words.attribute_words(attribute), _has(attribute))


def _has(attribute: Attribute) -> Holds:
    name, wanted = attribute.name, attribute.values
    if not wanted:
        return lambda one: name not in one.attributes
    return lambda one: not wanted.isdisjoint(written(one.attributes.get(name)))


def written(value: Any) -> Iterable[str]:
    """The values of an attribute as an administrator writes them."""
    if value is None:
        return ()
    if isinstance(value, (list, tuple)):
        return [str(each) for each in value]
    return (words.truth(value) if isinstance(value, bool) else str(value),)


def _of_place(rule: Rule) -> Iterator[Condition]:
    countries, others, certificate = rule.countries, rule.except_countries, rule.certificate
    if rule.networks:
        wanted = words.named(rule.networks, rule.network_names)
        yield Condition("networks", "place", wanted, _inside(rule.networks))
    if rule.except_networks:
        inside, wanted = _inside(rule.except_networks), words.named(rule.except_networks, rule.except_names)
        yield Condition("networks", "place", f"not {wanted}", lambda one: not inside(one))
    if countries:
        yield Condition("countries", "place", words.listed(countries), lambda one: one.country in countries)
    if others:
        wanted = f"not {words.listed(others)}"
        yield Condition("countries", "place", wanted, lambda one: one.country not in others)
    if certificate is not None:
        wanted = words.truth(certificate)
        yield Condition("device.certificate", "place", wanted, lambda one: one.certificate is certificate)


def _inside(networks: Collection[Network]) -> Holds:
    masked = {
        version: [
            (int(each.netmask), int(each.network_address)) for each in networks if each.version == version
        ]
        for version in (4, 6)
    }

    def holds(one: Attempt) -> bool:
        address = one.address
        bits = int(address)
        for mask, network in masked[address.version]:  # noqa: SIM110  a generator takes twice as long
            if bits & mask == network:
                return True
        return False

    return holds


def _of_time(rule: Rule) -> Iterator[Condition]:
    spans, zone, holidays, wanted = rule.hours, rule.zone, rule.holidays, rule.holiday
    if spans:
        told = ", ".join(map(words.hours_words, spans))
        yield Condition("hours", "place", told, lambda one: _is_open(spans, local(one.at, zone)))
    if wanted is not None:
        told = words.truth(wanted)
        yield Condition(
            "holiday", "place", told, lambda one: (local(one.at, zone).date() in holidays) is wanted
        )


def _is_open(spans: Iterable[Any], now: datetime) -> bool:
    return any(span.holds(now) for span in spans)


@lru_cache(maxsize=256)
def local(at: int, zone: ZoneInfo) -> datetime:
    """The moment on the clocks of the zone: many rules ask for the same."""
    return datetime.fromtimestamp(at, zone)


def _of_past(rule: Rule) -> Iterator[Condition]:
    known, models, least, requests, proofs = (
        rule.known_device,
        rule.models,
        rule.exposures,
        rule.requests,
        rule.proofs,
    )
    if known is not None:
        yield Condition("device.known", "history", words.truth(known), lambda one: one.known is known)
    if models:
        wanted = words.listed(models)
        yield Condition(
            "device.models", "proof", wanted, lambda one: any(each.model in models for each in one.proofs)
        )
    if least:
        yield Condition("exposures", "history", f"at least {least}", lambda one: one.exposures >= least)
    if requests is not None:
        kind: Kind = "place" if requests.per == "address" else "history"
        key, over, wanted = requests.key, requests.over, words.requests_words(requests)
        yield Condition("requests", kind, wanted, lambda one: one.requests.get(key, 0) > over)
    if proofs is not None:
        wanted = words.proofs_words(proofs)
        yield Condition("proofs", "proof", wanted, lambda one: are_enough(one.proofs, proofs))


def are_enough(given: Iterable[Given], wanted: Proofs) -> bool:
    """Whether something of what is wanted was proven, lately enough, and strongly enough with all that was."""
    limit = wanted.within_seconds
    young = [each for each in given if limit is None or each.age <= limit]
    if wanted.given and all(each.authenticator not in wanted.given for each in young):
        return False
    factors = {each.factor for each in young if each.factor}
    return bool(young) and (wanted.strength == "single" or len(factors) > 1 or MULTIPLE in factors)
