"""Rules that never decide, and requirements that nobody can meet: what is allowed, and hardly meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from idp.authenticators import table
from idp.config.mistake import Findings
from idp.config.rule_names import OWN_DOORS
from idp.config.service import ServiceSettings
from idp.config.tenant_folder import TenantFolder
from idp.policy import Require, Rule, Rules
from idp.policy.covering import covers, covers_elsewhere
from idp.policy.earlier import Earlier
from idp.policy.verdict import Way
from idp.policy.words import EVERYONE

OIDC: Final = "oidc"
RADIUS: Final = "radius"
UNASKED: Final = "which no NAS can ask for: logins by RADIUS will be refused"
UNHELD: Final = "more than its one field holds, and challenge is false: its logins will be refused"
MOST_IN_ONE_FIELD: Final = 2  # an answer, and the code behind it

Told = Iterator[tuple[str, tuple[str, ...], str]]  # the rule, where in it, and what is wrong


def check_reach(tenant: TenantFolder, findings: Findings) -> None:
    """Of all rules, if each service could be understood: else nobody knows which it would use."""
    if tenant.rules is None or tenant.settings is None:
        return
    rules = tenant.parsed_rules()
    places = dict(zip((rule.name for rule in rules), tenant.rules.by_place, strict=True))
    document = tenant.rules.document
    for name, words in _unreached(rules):
        findings.warn(document.position((places[name],)), words)
    if len(tenant.services) != len(tenant.service_names):
        return
    for name, key, words in (*_unused(tenant, rules), *_untold(tenant, rules), *_uncarried(tenant, rules)):
        findings.warn(document.position((places[name], *key)), words)
    for name, key, words in _unmappable(tenant, rules):
        findings.error(document.position((places[name], *key)), words)


def _unreached(rules: Rules) -> Iterator[tuple[str, str]]:
    before, opening = Earlier(), [place for place, each in enumerate(rules) if _opens_the_console(each)]
    for place, later in enumerate(rules):
        # A denial after the last rule that lets somebody into the console says nothing there.
        is_before = covers if opening and opening[-1] >= place else covers_elsewhere
        earlier = before.covering(later, is_before)
        before.add(later)
        if earlier is None:
            continue
        if earlier.why == EVERYONE:
            yield later.name, f"rule {later.name} is never reached, one before it matches everyone"
        else:
            words = f"rule {later.name} is never reached, rule {earlier.name} matches wherever it would"
            yield later.name, words


def _opens_the_console(rule: Rule) -> bool:
    return not rule.is_kept_from_console and isinstance(rule.then, Require)


def _doors(tenant: TenantFolder) -> dict[str, Mapping[str, Any]]:
    """The sections of each service by door; our own pages, and services that doors make, have none to look into."""
    found: dict[str, Mapping[str, Any]] = {name: {door: None} for name, door in OWN_DOORS.items()}
    for door in type(tenant.settings).model_fields if tenant.settings else ():
        section = getattr(tenant.settings, door)
        if hasattr(section, "services_made"):
            found |= {name: {door: None} for name in section.services_made()}
    return found | {service.service: _of(service) for _, service in tenant.services}


def _of(service: ServiceSettings) -> Mapping[str, Any]:
    """A service without a door may get one; till then rules for it wait."""
    return service.doors or {"": None}


def _users(tenant: TenantFolder, rules: Rules) -> Iterator[tuple[Rule, str, str, Any]]:
    """Each rule with each service that uses it, at which door, and that door's section."""
    for service, sections in _doors(tenant).items():
        for door, section in sections.items():
            for rule in rules.place(service, door).rules:
                yield rule, service, door, section


def _unused(tenant: TenantFolder, rules: Rules) -> Told:
    used = {rule.name for rule, *_ in _users(tenant, rules)}
    for rule in rules:
        if rule.name not in used:
            yield rule.name, (), f"rule {rule.name} is used by no service: none has this name, tag and door"


def _untold(tenant: TenantFolder, rules: Rules) -> Told:
    """What follows at one kind of door only, where none of that kind uses the rule."""
    doors: dict[str, set[str]] = {}
    for rule, _, door, _ in _users(tenant, rules):
        doors.setdefault(rule.name, set()).add(door)
    for rule in rules:
        then, used = rule.then, doors.get(rule.name)
        if not isinstance(then, Require) or not used:
            continue
        if then.consent and OIDC not in used:
            yield (
                rule.name,
                ("then", "consent"),
                "consent is asked for by OpenID Connect only, which no service here uses",
            )
        if then.reply and RADIUS not in used:
            yield rule.name, ("then", "reply"), "reply is told by RADIUS only, which no service here uses"
        if rule.holiday is not None and not rule.holidays:
            yield rule.name, ("when", "holiday"), "holiday asks for holidays, and tenant.yaml names none"


def _uncarried(tenant: TenantFolder, rules: Rules) -> Told:
    """Requirements that a NAS cannot ask for, by whichever way."""
    told: set[str] = set()
    for rule, service, door, section in _users(tenant, rules):
        if door != RADIUS or not isinstance(rule.then, Require) or rule.name in told or section is None:
            continue
        askable = [way for way in rule.then.ways if not any(map(_is_for_browsers, way))]
        if not askable:
            told.add(rule.name)
            first = next(filter(_is_for_browsers, rule.then.authenticators))
            yield rule.name, ("then",), f"rule {rule.name} asks for {first}, {UNASKED}"
        elif not section.challenge and not any(len(way) <= MOST_IN_ONE_FIELD for way in askable):
            told.add(rule.name)
            yield rule.name, ("then",), f"rule {rule.name} asks {service} for {_chain(askable[0])}, {UNHELD}"


def _chain(way: Way) -> str:
    return ", ".join(way)


def _is_for_browsers(name: str) -> bool:
    try:
        return bool(getattr(table.find(name), "needs_browser", False))
    except LookupError:  # told elsewhere
        return False


def _unmappable(tenant: TenantFolder, rules: Rules) -> Told:
    """RADIUS attributes that a service's own dictionaries do not have, or that cannot hold the value."""
    told: set[tuple[str, str]] = set()
    for rule, _, door, section in _users(tenant, rules):
        if door != RADIUS or section is None or not isinstance(rule.then, Require):
            continue
        for name, values in rule.then.reply.items():
            words = section.fault_of(name, values)
            if words and (rule.name, name) not in told:
                told.add((rule.name, name))
                yield rule.name, ("then", "reply", name), f"reply.{name}: {words}"
