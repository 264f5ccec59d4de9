"""Reads the files of one tenant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter
from pathlib import Path

from pydantic import BaseModel

from idp.config.assemble import Shape
from idp.config.document import Document, read
from idp.config.mistake import Findings, Position, suggest
from idp.config.people import DemoUser
from idp.config.policies import RuleSettings
from idp.config.secrets import SecretReading
from idp.config.service import ServiceSettings
from idp.config.tenant_folder import Entries, TenantFolder
from idp.config.validate import M, validate

SETTINGS, AUTHENTICATORS, POLICIES, PEOPLE = FILES = (
    "tenant.yaml",
    "authenticators.yaml",
    "policies.yaml",
    "demo-users.yaml",
)
SERVICES = "services"


class TenantReader:
    """One reading of one folder; mistakes go to the findings."""

    def __init__(self, folder: Path, reading: SecretReading, shape: Shape, findings: Findings) -> None:
        """`reading` knows the configuration folder; it is this tenant's own."""
        self._folder = folder
        self._shape = shape
        self._findings = findings
        self._reading = reading

    def read(self) -> TenantFolder | None:
        """Everything that could be understood; None where `tenant.yaml` is no YAML."""
        self._check_names()
        document = read(self._folder / SETTINGS, self._findings)
        if document is None:
            return None
        # What is neither true nor false is told there; it is no reason to complain about every secret.
        self._reading.plain = document.value("demo") not in (None, False)
        settings = validate(document, self._shape.tenant, self._findings, self._reading)
        authenticators = self._file(AUTHENTICATORS)
        services = [each for path in self._service_files() if (each := read(path, self._findings))]
        checked = self._authenticators(authenticators)
        rules = self._rules()
        people = self._people()
        usable = tuple(self._services(services))
        for path, words in self._reading.warnings:
            self._findings.warn(Position(path), words)
        return TenantFolder(
            folder=self._folder,
            document=document,
            settings=settings,
            authenticators=checked,
            rules=rules,
            services=usable,
            people=people,
            authenticator_names=authenticators.keys if authenticators else frozenset(),
            service_names=frozenset(str(each.value("service")) for each in services),
            authenticators_document=authenticators,
        )

    def _file(self, name: str) -> Document | None:
        file = self._folder / name
        return read(file, self._findings) if file.exists() else None

    def _service_files(self) -> list[Path]:
        found = sorted((self._folder / SERVICES).glob("*.yaml"), key=attrgetter("name"))
        return [path for path in found if not path.name.startswith(".")]

    def _check_names(self) -> None:
        """A file that nobody reads is a mistake: it is one of ours with a slip in its name."""
        for path in sorted(self._folder.glob("*.y*ml")):
            if path.name not in FILES and not path.name.startswith("."):
                words = f"no file of this name is read, {suggest(path.name, FILES)}"
                self._findings.error(Position(path), words)
        for path in sorted((self._folder / SERVICES).glob("*.yml")):
            self._findings.error(Position(path), "is not read, its name must end in .yaml")

    def _authenticators(self, document: Document | None) -> Mapping[str, BaseModel]:
        model = self._shape.authenticators
        checked = validate(document, model, self._findings, self._reading) if document else None
        given = {name: getattr(checked, name, None) for name in model.model_fields}
        return {name: section for name, section in given.items() if section is not None}

    def _rules(self) -> Entries[RuleSettings] | None:
        document = self._file(POLICIES)
        if document is None or not document.data:
            at = document.position(()) if document else Position(self._folder / POLICIES)
            if document is not None or not at.file.exists():  # of one that cannot be read that is told
                self._findings.warn(at, "there is no rule, so nobody gets in: write the first")
            return None
        return self._entries(document, RuleSettings)

    def _people(self) -> Entries[DemoUser] | None:
        document = self._file(PEOPLE)
        if document is None or not document.data:
            return None
        if not self._reading.plain:
            words = "is for a demo tenant only, remove it and use idp user add"
            self._findings.error(Position(document.file), words)
            return None
        return self._entries(document, DemoUser)

    def _entries(self, document: Document, model: type[M]) -> Entries[M] | None:
        if not isinstance(document.data, list):
            self._findings.error(document.position(()), "must be a list, each entry begins with a dash")
            return None
        checked = {
            place: validate(document, model, self._findings, self._reading, (place,))
            for place in range(len(document.data))
        }
        return Entries(document, {place: entry for place, entry in checked.items() if entry is not None})

    def _services(self, documents: Iterable[Document]) -> Iterator[tuple[Document, ServiceSettings]]:
        for document in documents:
            service = validate(document, self._shape.service, self._findings, self._reading)
            if service is not None:
                yield document, self._without_closed(document, service)

    def _without_closed(self, document: Document, service: ServiceSettings) -> ServiceSettings:
        """The service without the sections of closed doors, which nobody checks."""
        opened, given = self._shape.doors, service.doors
        closed = [door for door in given if door not in opened]
        for door in closed:
            words = f"{door} is not read, the door is closed: add it to doors in idp.yaml"
            self._findings.warn(document.key_position((door,)), words)
        if not given:
            words = f"nobody can enter this service, add a section {' or '.join(opened)}"
            self._findings.warn(document.position(()), words)
        for door, section in given.items():
            found = section.warnings() if hasattr(section, "warnings") else {}
            for key, words in found.items():
                self._findings.warn(document.key_position((door, key)), words)
        return service.model_copy(update=dict.fromkeys(closed)) if closed else service
