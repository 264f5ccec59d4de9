"""A configuration taken apart as administrators speak of it: services, rules, authenticators, each by its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from idp.config.configuration import Configuration, TenantConfiguration
from idp.config.document import read
from idp.config.load import FILE, OF_THE_NODE
from idp.config.mistake import Findings
from idp.config.tenant_reader import AUTHENTICATORS, PEOPLE, POLICIES, SERVICES, SETTINGS

SERVER: Final = ""  # whose part it is, if not a tenant's
Sort = Literal["server", "tenant", "domain", "authenticator", "rule", "service", "door", "demo user"]


@dataclass(frozen=True, slots=True)
class Name:
    """What it is called, and of a `door` also whose section it is: the service's.

    `above` is what it is a part of: with that it comes and goes.
    """

    tenant: str
    sort: Sort
    name: str = ""
    above: str = ""
    service: str = ""

    @property
    def words(self) -> str:
        """As terminals say it."""
        if self.sort == "door":
            return f"{self.name} of service {self.service}"
        return f"{self.sort} {self.name}" if self.name else self.sort


@dataclass(frozen=True, slots=True)
class Part:
    """As it is written, and what was understood."""

    written: Any
    model: Any


def parts(configuration: Configuration) -> dict[Name, Part]:
    """Every part, in the order of the files, which lie in `configuration.folder`."""
    server = configuration.server
    written = _written(configuration.folder / FILE) or {}
    shared = {key: value for key, value in written.items() if key not in OF_THE_NODE}
    model = {key: getattr(server, key) for key in type(server).model_fields if key not in OF_THE_NODE}
    found = {Name(SERVER, "server"): Part(shared, model)}
    for tenant in configuration.tenants:
        found |= _of_tenant(tenant)
    return found


def of_the_node(folder: Path) -> dict[str, Any]:
    """What an `idp.yaml` says of its node alone, as it is written."""
    return {key: value for key, value in (_written(folder / FILE) or {}).items() if key in OF_THE_NODE}


def _of_tenant(tenant: TenantConfiguration) -> dict[Name, Part]:
    folder, name = tenant.folder, tenant.name
    itself = Name(name, "tenant", name)
    whole = itself.words
    settings = _written(folder / SETTINGS)
    domains = settings.pop("domains", None) or {}
    found = {itself: Part(settings, tenant.settings)}
    for domain, section in domains.items():
        found[Name(name, "domain", domain, whole)] = Part(section, tenant.settings.domains[domain])
    for authenticator, section in (_written(folder / AUTHENTICATORS) or {}).items():
        model = tenant.authenticators[authenticator]
        found[Name(name, "authenticator", authenticator, whole)] = Part(section or {}, model)
    for written, rule in zip(_written(folder / POLICIES) or (), tenant.rules, strict=True):
        found[Name(name, "rule", rule.name, whole)] = Part(written, rule)
    for path in sorted((folder / SERVICES).glob("[!.]*.yaml")):
        found |= _of_service(name, whole, path, tenant)
    for person, user in zip(_written(folder / PEOPLE) or (), tenant.people, strict=True):
        found[Name(name, "demo user", user.user, whole)] = Part(person, user)
    return found


def _of_service(tenant: str, above: str, path: Path, of: TenantConfiguration) -> dict[Name, Part]:
    """The service, and the section of each of its doors: to lose one is to lose a way in."""
    written: Mapping[str, Any] = _written(path)
    name = str(written["service"])
    model, itself = of.services[name], Name(tenant, "service", name, above)
    own = {key: value for key, value in written.items() if key not in model.doors}
    found = {itself: Part(own, model)}
    for door, section in model.doors.items():
        found[Name(tenant, "door", door, itself.words, name)] = Part(written[door], section)
    return found


def _written(file: Path) -> Any:
    document = read(file, Findings()) if file.exists() else None
    return document.data if document else None


def leaves(written: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every value by its path. A list of plain values is one: what counts is what is in it."""
    if isinstance(written, Mapping) and written:
        for key, value in written.items():
            yield from leaves(value, (*path, key))
    elif isinstance(written, list) and any(isinstance(each, (Mapping, list)) for each in written):
        for place, value in enumerate(written):
            yield from leaves(value, (*path, place))
    elif path or not isinstance(written, Mapping):  # of a section that says nothing there is nothing to tell
        yield path, written
