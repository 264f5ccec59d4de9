"""A tenant at run time: its settings made ready, and nothing of any other tenant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from idp.authenticators import Authenticator
from idp.config.tenant import TenantSettings
from idp.policy import Rule, Rules
from idp.policy.decide import ready
from keys.seal import Vault

CountryOf = Callable[[IPv4Address | IPv6Address], str]


def nowhere(_address: IPv4Address | IPv6Address) -> str:
    """Without a database of countries nobody is in any."""
    return ""


@dataclass(frozen=True, slots=True)
class Service:
    """One relying party whatever its door; `doors` holds each door's own validated settings by door name."""

    name: str
    display_name: Mapping[str, str]
    doors: Mapping[str, Any]
    launch_url: str | None = None  # where the portal's tile leads


@dataclass(frozen=True)
class Tenant:
    """One customer. Links are made from `settings.base_url` only, never from a request's Host."""

    name: str
    settings: TenantSettings
    services: Mapping[str, Service]
    rules: tuple[Rule, ...]
    authenticators: Mapping[str, Authenticator]
    vault: Vault
    zone: ZoneInfo
    likeness_key: bytes = field(repr=False)  # see `idp.flow.likeness`
    country_of: CountryOf = nowhere  # the country of an address, as ISO 3166-1 alpha-2, or nothing

    @property
    def issuer(self) -> str:
        return self.settings.base_url

    @cached_property
    def policy(self) -> Rules:
        """The rules with what is worked out of them once."""
        return ready(self.rules)

    @cached_property
    def prefix(self) -> str:
        """The path below which this tenant's addresses lie: empty or `/acme`."""
        return urlsplit(self.settings.base_url).path.rstrip("/")

    @cached_property
    def is_secure(self) -> bool:
        """Whether it speaks https; plain http exists on loopback only."""
        return self.settings.base_url.startswith("https:")

    def url(self, path: str) -> str:
        """The absolute address of one of our own paths, which begins with a slash."""
        return self.settings.base_url.rstrip("/") + path
