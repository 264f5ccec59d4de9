"""The rules of `policies.yaml` made into rules that decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from idp.config.conditions import Absent, CountryChoice, Place, Proven, When
from idp.config.conditions import Requests as RequestsSettings
from idp.config.policies import AllowSettings, DenySettings, RequireSettings, RuleSettings
from idp.config.results import Given
from idp.policy.hours import parse_hours
from idp.policy.rule import Rule
from idp.policy.terms import Attribute, Network, Proofs, Requests
from idp.policy.verdict import Deny, Require, Verdict


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the rules of a tenant call by name, and where its clocks stand."""

    zone: ZoneInfo
    networks: Mapping[str, tuple[Network, ...]]
    holidays: frozenset[date]
    tags: Mapping[str, frozenset[str]]  # of each service


def parse(settings: RuleSettings, around: Surroundings) -> Rule:
    """One rule. A name that leads nowhere, which `idp config check` tells, stands for nothing."""
    when = settings.when
    groups, networks, device = when.in_groups, when.in_networks, when.device
    negated = isinstance(when.countries, CountryChoice)
    countries = when.countries.not_ if isinstance(when.countries, CountryChoice) else when.countries
    return Rule(
        name=settings.name,
        then=_verdict(settings),
        services=frozenset(when.services),
        tags=frozenset(when.tags),
        tagged=frozenset(name for name, tags in around.tags.items() if not tags.isdisjoint(when.tags)),
        protocols=frozenset(when.protocols),
        groups=frozenset(groups.any),
        all_groups=frozenset(groups.all),
        no_groups=frozenset(groups.none),
        attributes=tuple(_attributes(when)),
        networks=tuple(_networks(networks.any, around)),
        network_names=tuple(map(str, networks.any)),
        except_networks=tuple(_networks(networks.not_, around)),
        except_names=tuple(map(str, networks.not_)),
        countries=frozenset(() if negated else countries),
        except_countries=frozenset(countries if negated else ()),
        hours=tuple(map(parse_hours, when.hours)),
        zone=around.zone,
        holiday=when.holiday,
        holidays=around.holidays,
        known_device=device.known,
        certificate=device.certificate,
        models=frozenset(device.models),
        proofs=_proofs(when.proofs),
        exposures=when.exposures or 0,
        requests=_requests(when.requests),
    )


def _attributes(when: When) -> Iterator[Attribute]:
    for name, wanted in when.attributes.items():
        yield Attribute(name, frozenset(() if isinstance(wanted, Absent) else wanted))


def _networks(places: Iterable[Place], around: Surroundings) -> Iterator[Network]:
    for place in places:
        if isinstance(place, str):
            yield from around.networks.get(place, ())
        else:
            yield place


def _proofs(settings: Proven | None) -> Proofs | None:
    if settings is None:
        return None
    return Proofs(frozenset(settings.given), settings.within_seconds, settings.strength)


def _requests(settings: RequestsSettings | None) -> Requests | None:
    return None if settings is None else Requests(settings.per, settings.over, settings.seconds)


def _verdict(settings: RuleSettings) -> Verdict:
    name = settings.name
    match settings.then:
        case RequireSettings() as then:
            first, *others = then.ways
            return Require(
                name,
                first,
                others=tuple(others),
                fresh_seconds=then.fresh_seconds,
                session_seconds=then.session_seconds,
                **_besides(then),
            )
        case AllowSettings() as then:
            return Require(name, (), **_besides(then))
        case "allow":
            return Require(name, ())
        case DenySettings(deny=message):
            return Deny(name, message)
    return Deny(name)


def _besides(then: Given) -> dict[str, Any]:
    return {
        "acr": then.acr,
        "consent": then.consent,
        "claims": then.claims,
        "reply": then.reply,
        "why": then.why,
    }
