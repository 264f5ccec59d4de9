"""One login at one door of one service, and how far it has come."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from idp.config.configuration import TenantConfiguration
from idp.config.server import ServerSettings
from idp.probe.person import Person
from storage import Transaction


@dataclass(slots=True)
class Trial:
    """What a door's `probe` is given; it says at which step it is by `at`."""

    server: ServerSettings
    tenant: TenantConfiguration
    service: str
    settings: Any  # the section of that door
    person: Person
    clock: Callable[[], int]  # epoch seconds
    snapshot: Callable[[], AbstractAsyncContextManager[Transaction]]  # of what services have published
    step: str = "start"

    @property
    def base_url(self) -> str:
        return self.tenant.settings.base_url

    @property
    def seconds(self) -> int:
        """How long each answer may take."""
        return self.tenant.settings.probe.seconds

    def at(self, step: str) -> None:
        self.step = step
