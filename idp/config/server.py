"""`idp.yaml`: the server itself."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, IPvAnyNetwork, StringConstraints

from idp.config.model import Model, Name
from idp.config.secrets import SecretSource

Address = Annotated[str, StringConstraints(pattern=r"^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.*-]+):\d{1,5}$")]


class Listen(Model):
    """Where we listen, as `address:port`."""

    http: Address = "127.0.0.1:8080"
    radius: Address | None = None


class Log(Model):
    """What is logged and how it looks."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] = "json"


class ServerSettings(Model):
    """The one file that is not a tenant's."""

    listen: Listen = Listen()
    storage: str = "sqlite:var/masugata.db"
    master_key: SecretSource = SecretSource(file="var/master.key")
    trusted_proxies: tuple[IPvAnyNetwork, ...] = ()
    workers: Annotated[int, Field(ge=1, le=256)] = 1
    doors: tuple[Name, ...] = ("oidc",)
    log: Log = Log()
    tenants: str = "tenants/*"
