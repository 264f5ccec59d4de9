"""Names in rules that lead nowhere, and conditions that nothing here can meet: mistakes, each where it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from idp.attribute_types import is_known, names, read
from idp.authenticators import table
from idp.config.document import Document, KeyPath
from idp.config.mistake import Findings, Position, suggest
from idp.config.server import ServerSettings
from idp.config.tenant_folder import TenantFolder
from idp.doors import names as door_names
from idp.policy.conditions import CONSOLE

OWN_DOORS: Final[Mapping[str, str]] = {"portal": "portal", "account": "portal", CONSOLE: CONSOLE}
OWN_SERVICES: Final = tuple(OWN_DOORS)  # our own pages, which rules may name like any service
Unknown = Callable[[str], str]


def check_names(tenant: TenantFolder, server: ServerSettings, findings: Findings) -> None:
    """Of all rules, as they are written, so that one with another mistake is looked at too."""
    if tenant.rules is None:
        return
    document = tenant.rules.document
    known = _known(tenant)
    for place in range(len(document.data)):
        for path, unknown in known.items():
            for at, name in _listed(document, (place, *path)):
                if words := unknown(name):
                    findings.error(document.position(at), words)
        for at, words in (*_steps(tenant, document, place), *_attributes(tenant, document, place)):
            findings.error(document.position(at), words)
        for at, words in _unmet(tenant, server, document, place):
            findings.error(document.key_position(at), words)


def check_once(tenant: TenantFolder, findings: Findings) -> None:
    """Each rule has a name of its own."""
    seen: dict[str, Position] = {}
    for place, rule in tenant.rules.by_place.items() if tenant.rules else ():
        assert tenant.rules is not None
        at = tenant.rules.document.position((place, "name"))
        if rule.name in seen:
            findings.error(at, f"rule {rule.name} stands at {seen[rule.name]} already, choose another")
        seen.setdefault(rule.name, at)


def made_by_doors(tenant: TenantFolder) -> set[str]:
    """Services that stand in no file: those which register themselves at a door, if it lets them."""
    sections: list[Any] = [getattr(tenant.settings, door, None) for door in door_names()]
    return {
        name for section in sections if hasattr(section, "services_made") for name in section.services_made()
    }


def _known(tenant: TenantFolder) -> Mapping[KeyPath, Unknown]:
    """By the path of a list below a rule, what is wrong with a name in it; nothing for a right one."""
    services = {*tenant.service_names, *made_by_doors(tenant), *OWN_SERVICES}
    tags = {tag for _, service in tenant.services for tag in service.tags}
    whole = len(tenant.services) == len(tenant.service_names)
    place = partial(_place, tenant)
    return {
        ("when", "services"): partial(_missing, services, "no service is called {}"),
        ("when", "tags"): partial(_missing, tags, "no service has the tag {}") if whole else lambda _: "",
        ("when", "protocols"): _door,
        ("when", "networks"): place,
        ("when", "networks", "any"): place,
        ("when", "networks", "not"): place,
        ("when", "proofs", "given"): partial(_authenticator, tenant),
    }


def _missing(known: set[str], words: str, name: str) -> str:
    return "" if name in known else f"{words.format(name)}, {suggest(name, known)}"


def _door(name: str) -> str:
    known = {*door_names(), *OWN_DOORS.values()}
    if name in OWN_DOORS and name not in known:
        return f"{name} is entered by the door {OWN_DOORS[name]}, write services: [{name}]"
    return _missing(known, "no door is called {}", name)


def _place(tenant: TenantFolder, name: str) -> str:
    if tenant.settings is None or "." in name or ":" in name or name in tenant.settings.networks:
        return ""
    known = tenant.settings.networks
    hint = suggest(name, known) if known else "name it in tenant.yaml, networks: {office: [10.0.0.0/8]}"
    return f"no network is called {name}, {hint}"


def missing_authenticator(name: str, configured: frozenset[str]) -> str:
    """What is wrong with a name that is not configured."""
    if name in table.names():
        return f"{name} is not configured, add it to authenticators.yaml"
    return f"no authenticator is called {name}, {suggest(name, configured or table.names())}"


def _authenticator(tenant: TenantFolder, name: str) -> str:
    known = tenant.authenticator_names
    return "" if name in known else missing_authenticator(name, known)


def _steps(tenant: TenantFolder, document: Document, place: int) -> Iterator[tuple[KeyPath, str]]:
    """What a rule requires, however deep it stands."""
    for path, name in _leaves(document, (place, "then", "require")):
        if words := _authenticator(tenant, name):
            yield path, words


def _attributes(tenant: TenantFolder, document: Document, place: int) -> Iterator[tuple[KeyPath, str]]:
    path: KeyPath = (place, "when", "attributes")
    written = document.at(path)
    if tenant.settings is None or not isinstance(written, dict):
        return
    declared = tenant.settings.attributes
    for name, wanted in written.items():
        if not is_known(name, declared):
            yield (*path, name), f"there is no attribute {name}, {suggest(name, names(declared))}"
            continue
        for at, value in _leaves(document, (*path, name)) if not isinstance(wanted, dict) else ():
            try:
                read(name, value, declared)
            except ValueError as error:
                if declared.get(name) != "texts":
                    yield at, str(error)


def _unmet(
    tenant: TenantFolder, server: ServerSettings, document: Document, place: int
) -> Iterator[tuple[KeyPath, str]]:
    """Conditions on what nobody finds out here."""
    if document.has((place, "when", "countries")) and server.country_database is None:
        yield (place, "when", "countries"), "countries need country_database in idp.yaml"
    shown = document.at((place, "when", "device", "certificate")) is not None
    asks = server.tls is not None and server.tls.client_certificates
    if shown and not asks and server.client_certificate_header is None:
        words = "device.certificate needs client_certificate_header, or tls.client_certificates, in idp.yaml"
        yield (place, "when", "device", "certificate"), words
    if shown and tenant.settings is not None and tenant.settings.device_authorities is None:
        words = "device.certificate needs device_authorities in tenant.yaml"
        yield (place, "when", "device", "certificate"), words


def _listed(document: Document, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """A name, or those of a list."""
    written = document.at(path)
    if isinstance(written, str):
        yield path, written
    elif isinstance(written, list):
        yield from (((*path, place), name) for place, name in enumerate(written) if isinstance(name, str))


def _leaves(document: Document, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """All texts below."""
    written = document.at(path)
    if isinstance(written, str):
        yield path, written
    elif isinstance(written, (list, dict)):
        for step in written if isinstance(written, dict) else range(len(written)):
            yield from _leaves(document, (*path, step))
