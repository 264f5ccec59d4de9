"""`tenant.yaml`: one customer."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from idp.config.model import Locale, Model, Name, Texts

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def _base_url(value: str) -> str:
    parts = urlsplit(value)
    host = parts.hostname or ""
    loopback = host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost")
    if parts.scheme not in ("https", "http") or not host:
        raise ValueError("must be an absolute URL, for example https://login.example.com")
    if parts.scheme == "http" and not loopback:
        raise ValueError("must be https, plain http is for localhost only")
    if parts.query or parts.fragment or parts.username is not None:
        raise ValueError("must have no query, fragment or user name")
    return value.rstrip("/")


def _time_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("must be a time zone of the IANA list, for example Asia/Tokyo") from None
    return value


class SessionSettings(Model):
    """How long a browser stays signed in, in seconds."""

    idle_seconds: Annotated[int, Field(ge=60)] = 3600
    absolute_seconds: Annotated[int, Field(ge=60)] = 43200


class Lockout(Model):
    """After how many wrong answers a user name is locked, and for how many seconds."""

    failures: Annotated[int, Field(ge=1, le=100)] = 5
    seconds: Annotated[int, Field(ge=1)] = 1800


class TenantSettings(Model):
    """The tenant itself."""

    tenant: Name
    base_url: Annotated[str, AfterValidator(_base_url)]
    display_name: Texts
    time_zone: Annotated[str, AfterValidator(_time_zone)] = "Asia/Tokyo"
    locales: Annotated[tuple[Locale, ...], Field(min_length=1)] = ("ja", "en")
    theme: Name = "default"
    demo: bool = False  # a demo tenant may keep secrets in its files
    session: SessionSettings = SessionSettings()
    lockout: Lockout = Lockout()
    login_seconds: Annotated[int, Field(ge=60, le=3600)] = 900  # how long a login may take
    support: Texts | None = None  # where a person finds help, shown on every page
    oidc: Any = None  # settings of a door for the whole tenant: the door's own model checks them
    saml: Any = None
    radius: Any = None
