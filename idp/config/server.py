"""`idp.yaml`: the server itself."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from idp.config.model import Address, Model, Name, Network
from idp.config.secrets import SecretSource


def _storage(value: str) -> str:
    scheme, _, rest = value.partition(":")
    if scheme not in ("sqlite", "postgresql") or not rest:
        raise ValueError("must be sqlite:FILE or postgresql://user@host/database")
    return value


def _header(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9-]+", value):
        raise ValueError("must be the name of a header, for example Client-Cert")
    return value


HeaderName = Annotated[str, AfterValidator(_header)]


class Listen(Model):
    """Where we listen, as `address:port`."""

    http: Address = "127.0.0.1:8080"
    radius: Address | None = None


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
    workers: Annotated[int, Field(ge=1, le=256)] = 1
    doors: tuple[Name, ...] = ("oidc",)
    log: Log = Log()
    tenants: Annotated[str, Field(min_length=1)] = "tenants/*"

    @model_validator(mode="after")
    def _somebody_hands_it_on(self) -> Self:
        if self.client_certificate_header is not None and not self.trusted_proxies:
            raise ValueError("client_certificate_header: needs trusted_proxies, anybody could write it")
        return self
