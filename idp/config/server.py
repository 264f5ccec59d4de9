"""`idp.yaml`: the server itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from idp.config.model import Address, Model, Name, Network
from idp.config.overload import Overload
from idp.config.secrets import SecretSource
from idp.config.tracing import Tracing


def _storage(value: str) -> str:
    scheme, _, rest = value.partition(":")
    if scheme not in ("sqlite", "postgresql") or not rest:
        raise ValueError("must be sqlite:FILE or postgresql://user@host/database")
    return value


def _several(value: Any) -> Any:
    """One address stands for a list of one, and none for an empty one."""
    return [value] if isinstance(value, str) else value or []


Addresses = Annotated[tuple[Address, ...], BeforeValidator(_several)]


def _header(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9-]+", value):
        raise ValueError("must be the name of a header, for example Client-Cert")
    return value


HeaderName = Annotated[str, AfterValidator(_header)]


class Listen(Model):
    """Where we listen, as `address:port`. The doors that are no web pages have addresses of their own."""

    http: Address = "127.0.0.1:8080"
    radius: Addresses = ()
    radius_accounting: Addresses = ()
    radsec: Addresses = ()
    monitoring: Address | None = None  # metrics and health with reasons, for us alone; None: nowhere

    @property
    def of_doors(self) -> Mapping[str, tuple[str, ...]]:
        """The addresses of such doors by setting, as the supervisor takes them."""
        return {
            "radius": tuple(f"udp:{address}" for address in self.radius),
            "radius_accounting": tuple(f"udp:{address}" for address in self.radius_accounting),
            "radsec": tuple(f"tcp:{address}" for address in self.radsec),
        }


class RadSec(Model):
    """RADIUS over TLS (RFC 6614): files in PEM, from the configuration folder."""

    certificate: Annotated[str, Field(min_length=1)]  # ours, with the chain up to its authority
    key: Annotated[str, Field(min_length=1)]
    authorities: Annotated[str, Field(min_length=1)]  # whose certificates NASes may show


class Tls(Model):
    """TLS of our pages, where no proxy ends it: files in PEM, from the configuration folder."""

    certificate: Annotated[str, Field(min_length=1)]  # ours, with the chain up to its authority
    key: Annotated[str, Field(min_length=1)]
    client_certificates: bool = False  # whether browsers are asked for one


class Log(Model):
    """What is logged and how it looks."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] = "json"


class ServerSettings(Model):
    """The one file that is not a tenant's. A relative path begins at the configuration folder."""

    listen: Listen = Listen()
    storage: Annotated[str, AfterValidator(_storage)] = "sqlite:var/masugata.db"
    master_key: SecretSource = SecretSource(file="var/master.key")
    trusted_proxies: tuple[Network, ...] = ()
    # In which header they hand on the certificate that a client showed them; None: in none.
    client_certificate_header: HeaderName | None = None
    tls: Tls | None = None
    workers: Annotated[int, Field(ge=1, le=256)] = 1
    overload: Overload = Overload()
    # How long a node that was told to end goes on serving while it says that it is not ready.
    drain_seconds: Annotated[int, Field(ge=0, le=300)] = 0
    radsec: RadSec | None = None
    doors: tuple[Name, ...] = ("oidc",)
    # A database in MaxMind's format that says in which country an address is; None: nobody is in any.
    country_database: Annotated[str, Field(min_length=1)] | None = None
    log: Log = Log()
    tracing: Tracing | None = None  # where spans go; None: nowhere
    # To which file signed statements about the audit logs are appended; None: to none.
    audit_anchor: Annotated[str, Field(min_length=1)] | None = None
    tenants: Annotated[str, Field(min_length=1)] = "tenants/*"

    @model_validator(mode="after")
    def _doors_are_open(self) -> Self:
        if any(self.listen.of_doors.values()) and "radius" not in self.doors:
            raise ValueError("doors: add radius, or take its addresses from listen")
        if self.listen.radsec and self.radsec is None:
            raise ValueError("radsec: is missing, listen.radsec needs certificate, key and authorities")
        return self

    @model_validator(mode="after")
    def _somebody_hands_it_on(self) -> Self:
        if self.client_certificate_header is not None and not self.trusted_proxies:
            raise ValueError("client_certificate_header: needs trusted_proxies, anybody could write it")
        return self
