"""The files of one tenant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from idp import doors
from idp.authenticators import table
from idp.config.assemble import authenticators_model, service_model, tenant_model
from idp.config.configuration import TenantConfiguration
from idp.config.document import Document, read
from idp.config.mistake import Findings, Position, suggest
from idp.config.policies import RuleSettings
from idp.config.secrets import SecretReading
from idp.config.service import ServiceSettings
from idp.config.tenant import TenantSettings
from idp.config.validate import validate
from idp.doors import DoorModels
from idp.policy.parse import parse

SERVICES = "services"
FILES = ("tenant.yaml", "authenticators.yaml", "policies.yaml")


@dataclass(frozen=True, slots=True)
class Shape:
    """The models of a tenant's files under the open doors."""

    doors: Mapping[str, DoorModels]
    tenant: type[TenantSettings]
    service: type[ServiceSettings]
    authenticators: type[BaseModel]

    @classmethod
    def of(cls, opened: Mapping[str, DoorModels]) -> Self:
        closed = [name for name in doors.names() if name not in opened]
        sections = {name: table.find(name).Settings for name in table.names()}
        return cls(
            opened,
            tenant_model(opened, closed),
            service_model(opened, closed),
            authenticators_model(sections),
        )


@dataclass(frozen=True, slots=True)
class TenantFolder:
    """What was found, each beside the document that it stands in."""

    folder: Path
    document: Document
    settings: TenantSettings
    authenticators: Mapping[str, BaseModel]
    policies: Document | None
    rules: Mapping[int, RuleSettings]  # by their place in the file
    services: tuple[tuple[Document, ServiceSettings], ...]
    authenticator_names: frozenset[str]  # as written, also those whose section is wrong:
    service_names: frozenset[str]  # a rule that names them is right

    def configuration(self) -> TenantConfiguration:
        """The same without documents."""
        zone = ZoneInfo(self.settings.time_zone)
        return TenantConfiguration(
            settings=self.settings,
            authenticators=self.authenticators,
            rules=tuple(parse(rule, zone) for rule in self.rules.values()),
            services={service.service: service for _, service in self.services},
            folder=self.folder,
        )


def read_tenant(folder: Path, root: Path, shape: Shape, findings: Findings) -> TenantFolder | None:
    """Read and check all files of a tenant; None, and mistakes among the findings, without its settings."""
    _check_names(folder, findings)
    document = read(folder / FILES[0], findings)
    if document is None:
        return None
    demo = document.value("demo") is True
    reading = SecretReading(root, plain=demo)
    settings = validate(document, shape.tenant, findings, reading)
    authenticators = _read(folder / FILES[1], findings)
    policies = _read(folder / FILES[2], findings)
    services = [each for path in _service_files(folder) if (each := read(path, findings))]
    checked_authenticators = _authenticators(authenticators, shape, findings, reading)
    rules = _rules(policies, folder, findings, reading)
    checked_services = tuple(_services(services, shape, findings, reading))
    for path, words in reading.warnings:
        findings.warn(Position(path), words)
    if settings is None:
        return None
    return TenantFolder(
        folder=folder,
        document=document,
        settings=settings,
        authenticators=checked_authenticators,
        policies=policies,
        rules=rules,
        services=checked_services,
        authenticator_names=frozenset(authenticators.keys if authenticators else ()),
        service_names=frozenset(str(each.value("service")) for each in services),
    )


def _read(file: Path, findings: Findings) -> Document | None:
    return read(file, findings) if file.exists() else None


def _service_files(folder: Path) -> list[Path]:
    return [path for path in sorted((folder / SERVICES).glob("*.yaml")) if not path.name.startswith(".")]


def _check_names(folder: Path, findings: Findings) -> None:
    """A file that nobody reads is a mistake: it is one of ours with a slip in its name."""
    for path in sorted(folder.glob("*.y*ml")):
        if path.name not in FILES and not path.name.startswith("."):
            findings.error(Position(path), f"no file of this name is read, {suggest(path.name, FILES)}")
    for path in sorted((folder / SERVICES).glob("*.yml")):
        findings.error(Position(path), "is not read, its name must end in .yaml")


def _authenticators(
    document: Document | None, shape: Shape, findings: Findings, reading: SecretReading
) -> Mapping[str, BaseModel]:
    checked = validate(document, shape.authenticators, findings, reading) if document else None
    given = {name: getattr(checked, name, None) for name in shape.authenticators.model_fields}
    return {name: section for name, section in given.items() if section is not None}


def _rules(
    document: Document | None, folder: Path, findings: Findings, reading: SecretReading
) -> dict[int, RuleSettings]:
    if document is None or not document.data:
        at = document.position(()) if document else Position(folder / FILES[2])
        findings.warn(at, "there is no rule, so nobody gets in: write the first")
        return {}
    if not isinstance(document.data, list):
        findings.error(document.position(()), "must be a list of rules, each begins with - name:")
        return {}
    places = range(len(document.data))
    checked = {place: validate(document, RuleSettings, findings, reading, (place,)) for place in places}
    return {place: rule for place, rule in checked.items() if rule is not None}


def _services(
    documents: Iterable[Document], shape: Shape, findings: Findings, reading: SecretReading
) -> Iterator[tuple[Document, ServiceSettings]]:
    for document in documents:
        service = validate(document, shape.service, findings, reading)
        if service is not None:
            yield document, _without_closed(document, service, shape, findings)


def _without_closed(
    document: Document, service: ServiceSettings, shape: Shape, findings: Findings
) -> ServiceSettings:
    for door, section in service.doors.items():
        if door not in shape.doors:
            at = document.key_position((door,))
            findings.warn(at, f"{door} is not read, the door is closed: add it to doors in idp.yaml")
            continue
        for words in section.warnings() if hasattr(section, "warnings") else ():
            findings.warn(document.position((door,)), words)
    if not any(door in shape.doors for door in service.doors):
        opened = ", ".join(shape.doors) or "a door"
        findings.warn(document.position(()), f"nobody can enter this service, add a section {opened}")
    return service.model_copy(update={door: None for door in service.doors if door not in shape.doors})
