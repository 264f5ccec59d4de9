"""What was read from the folder, whole and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from idp.config.mistake import Mistake
from idp.config.people import DemoUser
from idp.config.secrets import SecretReading, read
from idp.config.server import ServerSettings
from idp.config.service import ServiceSettings
from idp.config.tenant import TenantSettings
from idp.policy import Rules
from keys.master import MasterKey


@dataclass(frozen=True, slots=True)
class TenantConfiguration:
    """One tenant. Mappings are by name, in the order of the files."""

    settings: TenantSettings
    authenticators: Mapping[str, BaseModel]  # each is the authenticator's own `Settings`
    rules: Rules
    services: Mapping[str, ServiceSettings]
    folder: Path
    people: tuple[DemoUser, ...] = ()  # whom a demo tenant begins with

    @property
    def name(self) -> str:
        return self.settings.tenant


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything, and what was dubious in it. `folder` is where it was read."""

    folder: Path
    server: ServerSettings
    tenants: tuple[TenantConfiguration, ...]
    warnings: tuple[Mistake, ...] = ()
    files: frozenset[Path] = frozenset()  # that were read, but for secrets
    home: Path | None = None  # where the node's own things lie, if not in `folder`

    @property
    def storage_url(self) -> str:
        """What `storage.open` takes: a relative SQLite file begins at the configuration folder."""
        scheme, _, rest = self.server.storage.partition(":")
        return f"sqlite:{(self.own_folder / rest).resolve()}" if scheme == "sqlite" else self.server.storage

    @property
    def own_folder(self) -> Path:
        """The configuration folder of this node, where its secrets lie."""
        return self.home or self.folder

    @property
    def country_database(self) -> Path | None:
        """Where the database of countries lies, if there is one."""
        name = self.server.country_database
        return self.own_folder / name if name is not None else None

    @property
    def themes_folder(self) -> Path:
        """Where themes beside the built-in ones lie."""
        return self.folder / "themes"

    @property
    def audit_anchor(self) -> Path | None:
        """The file to which signed statements about the audit logs are appended."""
        name = self.server.audit_anchor
        return None if name is None else (self.own_folder / name).resolve()

    def master_key(self) -> MasterKey:
        """Read it; where `file` names none yet, make one. Raises ValueError and OSError."""
        source = self.server.master_key
        if source.file is not None:
            return MasterKey.read_or_create(self.own_folder / source.file)
        return MasterKey.parse(read(source, SecretReading(self.own_folder)).reveal().encode())
