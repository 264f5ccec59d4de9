"""The folder of YAML read into one frozen configuration, or every mistake in it at once."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from pydantic import ValidationError

from idp import doors
from idp.config import across, exclusive, tls
from idp.config.assemble import Shape
from idp.config.certificates import check_certificates
from idp.config.configuration import Configuration
from idp.config.document import Document, read
from idp.config.mistake import ConfigurationError, Findings, Position, suggest
from idp.config.secrets import SecretReading
from idp.config.secrets import read as read_secret
from idp.config.server import ServerSettings
from idp.config.tenant_folder import TenantFolder
from idp.config.tenant_reader import TenantReader
from idp.config.validate import validate
from idp.countries import open_countries
from idp.doors import DoorModels

FILE = "idp.yaml"
# What `idp.yaml` says of the node whose file it is, and no revision changes: where it listens and keeps its things.
OF_THE_NODE = (
    "listen",
    "storage",
    "master_key",
    "workers",
    "overload",
    "drain_seconds",
    "radsec",
    "tls",
    "log",
    "tracing",
    "audit_anchor",
    "country_database",
)

FindDoor = Callable[[str], DoorModels]  # raises LookupError


def load(
    folder: Path, find_door: FindDoor = doors.models, home: Path | None = None, *, blind: bool = False
) -> Configuration:
    """The configuration in `folder`; secrets are read from where they lie. Raises `ConfigurationError`.

    For the files of a revision `home` is the node's own folder: its secrets lie there, and what is `OF_THE_NODE`.
    `blind` is for who only looks at it: no secret is read, no command is run, and the node is not looked at.
    """
    findings = Findings()
    document, own = _server_document(folder, findings), _server_document(home, findings) if home else None
    if document is not None and (home is None or own is not None):
        server = validate(document, ServerSettings, findings, SecretReading(folder)) or _usable(document)
        if own is not None:
            node = validate(own, ServerSettings, findings, SecretReading(folder)) or _usable(own)
            server = server.model_copy(update={key: getattr(node, key) for key in OF_THE_NODE})
        for check in () if blind else (_check_master_key, _check_tls, _check_countries):
            check(own or document, server, home or folder, findings)
        reading = partial(SecretReading, folder, home=home, files=findings.files, blind=blind)
        shape = Shape.of(_open_doors(document, server, find_door, findings))
        tenants = [
            tenant
            for each in _tenant_folders(document, server, folder, findings)
            if (tenant := TenantReader(each, reading(), shape, findings).read())
        ]
        for tenant in tenants:
            across.check_tenant(tenant, folder, server, shape.doors, findings)
            check_certificates(tenant, server, findings)
        across.check_tenants(tenants, findings)
        exclusive.check(tenants, shape.doors, findings)
        if not findings.errors:
            return _configuration(folder, home, server, tenants, findings)
    raise ConfigurationError(findings)


def load_server(folder: Path) -> Configuration:
    """Only `idp.yaml`, with no tenant. Raises `ConfigurationError`."""
    findings = Findings()
    document = _server_document(folder, findings)
    server = validate(document, ServerSettings, findings, SecretReading(folder)) if document else None
    if server is None:
        raise ConfigurationError(findings)
    return _configuration(folder, None, server, (), findings)


def _configuration(
    folder: Path,
    home: Path | None,
    server: ServerSettings,
    tenants: Sequence[TenantFolder],
    findings: Findings,
) -> Configuration:
    warnings = tuple(dict.fromkeys(sorted(findings.warnings)))
    read = tuple(tenant.configuration() for tenant in tenants)
    return Configuration(folder, server, read, warnings, frozenset(findings.files), home)


def _server_document(folder: Path, findings: Findings) -> Document | None:
    if not folder.is_dir():
        findings.error(Position(folder), "there is no such folder, name it with --config")
        return None
    return read(folder / FILE, findings)


def _usable(document: Document) -> ServerSettings:
    """The settings without those that have mistakes, so that what hangs on the others can be checked too."""
    usable = ServerSettings()
    for key in document.keys:
        with contextlib.suppress(ValidationError):
            one = ServerSettings.model_validate({key: document.value(key)})
            usable = usable.model_copy(update={key: getattr(one, key)})
    return usable


def _check_master_key(document: Document, server: ServerSettings, folder: Path, findings: Findings) -> None:
    source = server.master_key
    if source.file is not None:  # made on first start; who may read it is checked when it is read
        return
    try:
        read_secret(source, SecretReading(folder))
    except ValueError as error:
        findings.error(document.position(("master_key",)), f"master_key: {error}")


def _check_countries(document: Document, server: ServerSettings, folder: Path, findings: Findings) -> None:
    try:
        open_countries(folder / server.country_database if server.country_database else None)
    except ValueError as error:
        findings.error(document.position(("country_database",)), f"country_database: {error}")


def _check_tls(document: Document, server: ServerSettings, folder: Path, findings: Findings) -> None:
    for section in ("radsec", "tls"):
        try:
            if section == "radsec" and server.radsec is not None:
                tls.context(server.radsec, folder)
            elif section == "tls" and server.tls is not None:
                tls.of_pages(server.tls, folder)
        except ValueError as error:
            key, _, words = str(error).partition(": ")
            findings.error(document.position((section, key)), f"{section}.{key}: {words}")


def _open_doors(
    document: Document, server: ServerSettings, find_door: FindDoor, findings: Findings
) -> dict[str, DoorModels]:
    found: dict[str, DoorModels] = {}
    for index, name in enumerate(server.doors):
        try:
            found[name] = find_door(name)
        except LookupError:
            words = f"doors[{index + 1}]: no door is called {name}, {suggest(name, doors.names())}"
            findings.error(document.position(("doors", index)), words)
    return found


def _tenant_folders(
    document: Document, server: ServerSettings, folder: Path, findings: Findings
) -> list[Path]:
    at = document.position(("tenants",))
    try:
        found = sorted(path for path in folder.glob(server.tenants) if path.is_dir())
    except (NotImplementedError, ValueError):
        findings.error(at, "tenants must be a pattern below this folder, for example tenants/*")
        return []
    visible = [path for path in found if not path.name.startswith(".")]
    if not visible:
        findings.error(at, f"tenants: no folder matches {server.tenants}, make tenants/NAME/tenant.yaml")
    return visible
