"""What the folder of one tenant says, each part beside the document that it stands in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from idp.config.configuration import TenantConfiguration
from idp.config.document import Document
from idp.config.people import DemoUser
from idp.config.policies import RuleSettings
from idp.config.service import ServiceSettings
from idp.config.tenant import TenantSettings
from idp.config.validate import M
from idp.policy import Rules
from idp.policy.parse import Surroundings, parse


@dataclass(frozen=True, slots=True)
class Entries(Generic[M]):
    """A file that is a list: its entries by their place in it, without those that have mistakes."""

    document: Document
    by_place: Mapping[int, M]


@dataclass(frozen=True, slots=True)
class TenantFolder:
    """Everything that could be understood; what could not is among the findings."""

    folder: Path
    document: Document
    settings: TenantSettings | None
    authenticators: Mapping[str, BaseModel]
    rules: Entries[RuleSettings] | None
    services: tuple[tuple[Document, ServiceSettings], ...]
    people: Entries[DemoUser] | None
    authenticator_names: frozenset[str]  # as written, also those whose section is wrong:
    service_names: frozenset[str]  # a rule that names them is right
    authenticators_document: Document | None = None

    def configuration(self) -> TenantConfiguration:
        """The same without documents, where there were no mistakes."""
        assert self.settings is not None
        services = [service for _, service in self.services]
        return TenantConfiguration(
            settings=self.settings,
            authenticators={
                name: _completed(section, self.settings, services)
                for name, section in self.authenticators.items()
            },
            rules=self.parsed_rules(),
            services={service.service: service for service in services},
            folder=self.folder,
            people=tuple(self.people.by_place.values()) if self.people else (),
        )

    def parsed_rules(self) -> Rules:
        """The rules that could be understood, made ready to decide."""
        assert self.settings is not None
        around = Surroundings(
            ZoneInfo(self.settings.time_zone),
            self.settings.networks,
            self.settings.holidays,
            {service.service: frozenset(service.tags) for _, service in self.services},
        )
        return Rules(parse(rule, around) for rule in (self.rules.by_place.values() if self.rules else ()))


def _completed(section: Any, tenant: TenantSettings, services: Sequence[ServiceSettings]) -> Any:
    """The settings of an authenticator with what it takes from the tenant's other files, if it does."""
    if hasattr(section, "within"):
        return section.within(tenant, services)
    return section.at(tenant.base_url) if hasattr(section, "at") else section
