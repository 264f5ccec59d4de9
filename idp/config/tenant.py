"""`tenant.yaml`: one customer."""

from __future__ import annotations

from typing import Annotated, Any, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from idp.attribute_types import Own, declarable
from idp.config.audit import AuditSettings
from idp.config.console import ConsoleSettings
from idp.config.domains import Domains, DomainSettings
from idp.config.lockout import Lockout
from idp.config.loopback import is_loopback
from idp.config.mail import ForgottenSettings, MailSettings
from idp.config.model import Locale, Model, Name, Texts
from idp.config.places import DeviceAuthorities, Holidays, NamedNetworks
from idp.config.probe import ProbeSettings
from idp.config.protect import ProtectSettings
from storage.records import LOCAL_DOMAIN


def _base_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("must be an absolute URL, for example https://login.example.com") from None
    if parts.scheme not in ("https", "http") or not host or any(map(str.isspace, value)):
        raise ValueError("must be an absolute URL, for example https://login.example.com")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError(f"must be https, plain http is for localhost only: https://{value[7:]}")
    if "?" in value or "#" in value or parts.username is not None:
        raise ValueError(
            "must have no query, fragment or user name, for example https://login.example.com/acme"
        )
    if parts.path.strip("/").partition("/")[0] == "health":
        raise ValueError("must not lie below /health, where load balancers ask: choose another path")
    return value.rstrip("/")


BaseURL = Annotated[str, AfterValidator(_base_url)]


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("must be a time zone of the IANA list, for example Asia/Tokyo") from None
    return value


OwnAttribute = Annotated[str, AfterValidator(declarable)]


class SessionSettings(Model):
    """How long a browser stays signed in, in seconds."""

    idle_seconds: Annotated[int, Field(ge=60)] = 3600
    absolute_seconds: Annotated[int, Field(ge=60)] = 43200
    # Whether one that nobody used for too long, or that is over, ends at its services too, as if he signed out.
    expiry_signs_out: bool = False

    @model_validator(mode="after")
    def _idle_ends_first(self) -> Self:
        if self.idle_seconds > self.absolute_seconds:
            raise ValueError("idle_seconds: must not be more than absolute_seconds")
        return self


class TenantSettings(Model):
    """The tenant itself. The section of each open door stands beside these, as that door's own model."""

    tenant: Name
    base_url: BaseURL
    display_name: Texts
    time_zone: Annotated[str, AfterValidator(_time_zone)] = "Asia/Tokyo"
    locales: Annotated[tuple[Locale, ...], Field(min_length=1)] = ("ja", "en")
    theme: Name = "default"
    demo: bool = False  # a demo tenant may keep secrets in its files
    session: SessionSettings = SessionSettings()
    lockout: Lockout = Lockout()
    login_seconds: Annotated[int, Field(ge=60, le=3600)] = 900  # how long a login may take
    support: Texts | None = None  # where a person finds help, shown on every page
    attributes: dict[OwnAttribute, Own] = Field(default_factory=dict)  # beside the standard ones
    # By name, in the order of the login page; `local` is always among them.
    domains: Domains = Field(default_factory=lambda: {LOCAL_DOMAIN: DomainSettings()})
    mail: MailSettings = MailSettings()
    forgotten: ForgottenSettings = ForgottenSettings()
    protect: ProtectSettings = ProtectSettings()
    audit: AuditSettings = AuditSettings()
    console: ConsoleSettings = ConsoleSettings()
    probe: ProbeSettings = ProbeSettings()
    networks: NamedNetworks = Field(default_factory=dict)  # as rules call them
    holidays: Holidays = frozenset()  # days of which rules may ask whether it is one
    device_authorities: DeviceAuthorities | None = None  # who issues the certificates of the tenant's devices
    oidc: Any = None
    radius: Any = None
    saml: Any = None

    @model_validator(mode="after")
    def _demo_stays_at_home(self) -> Self:
        if self.demo and not is_loopback(urlsplit(self.base_url).hostname or ""):
            raise ValueError("demo: must be false where others can reach base_url, its secrets lie open")
        return self

    @model_validator(mode="after")
    def _links_are_mailed(self) -> Self:
        if self.forgotten.enabled and self.mail.host is None:
            raise ValueError("forgotten: needs mail.host, its links are mailed")
        return self
