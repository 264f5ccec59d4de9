"""The rules of `policies.yaml` made into rules that decide."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from idp.config.policies import DenySettings, NotNetworks, RequireSettings, RuleSettings
from idp.policy.hours import parse_hours
from idp.policy.rule import Rule
from idp.policy.verdict import Deny, Require, Verdict


def parse(settings: RuleSettings, zone: ZoneInfo) -> Rule:
    """One rule, its hours read in the tenant's time zone."""
    when, networks = settings.when, settings.when.networks
    return Rule(
        name=settings.name,
        then=_verdict(settings),
        services=frozenset(when.services),
        protocols=frozenset(when.protocols),
        groups=frozenset(when.groups),
        networks=() if isinstance(networks, NotNetworks) else networks,
        except_networks=networks.not_ if isinstance(networks, NotNetworks) else (),
        hours=tuple(map(parse_hours, when.hours)),
        zone=zone,
    )


def _verdict(settings: RuleSettings) -> Verdict:
    match settings.then:
        case RequireSettings(require=authenticators, acr=acr):
            return Require(settings.name, authenticators, acr)
        case DenySettings(deny=message):
            return Deny(settings.name, message)
        case _:
            return Deny(settings.name)
