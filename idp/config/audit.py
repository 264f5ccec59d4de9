"""The section `audit` of `tenant.yaml`: how long the log is kept, and who else is sent it."""

from __future__ import annotations

import base64
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from idp.config.authorities import authorities
from idp.config.model import Model, Name, WebAddress
from idp.config.secrets import SecretValue

PREFIX: Final = "whsec_"
KEY_BYTES: Final = 24
PORTS: Final = {"tls": 6514, "tcp": 514, "udp": 514}  # RFC 5425, RFC 6587, RFC 5426
HostName = Annotated[str, Field(pattern=r"^[A-Za-z0-9.:_-]{1,253}$")]


class SyslogSettings(Model):
    """A collector of messages (RFC 5424)."""

    host: HostName
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    transport: Literal["tls", "tcp", "udp"] = "tls"
    ca_file: Annotated[str, AfterValidator(authorities)] | None = None  # None: whom the system trusts

    @property
    def address(self) -> tuple[str, int]:
        return self.host, self.port or PORTS[self.transport]


class WebhookSettings(Model):
    """An address that records are posted to, signed with the secret (HMAC-SHA256)."""

    url: WebAddress
    secret: SecretValue

    @property
    def key(self) -> bytes:
        """What signs: of a secret as Standard Webhooks writes it, `whsec_…`, the bytes that its base64 stands for."""
        text = self.secret.reveal()
        encoded = text.removeprefix(PREFIX)
        return text.encode() if encoded == text else base64.b64decode(encoded, validate=True)

    @model_validator(mode="after")
    def _is_long(self) -> Self:
        try:
            is_long = len(self.key) >= KEY_BYTES
        except ValueError:
            raise ValueError(f"secret: what follows {PREFIX} must be base64") from None
        if not is_long:
            raise ValueError(f"secret: must have {KEY_BYTES} bytes or more, else it can be guessed")
        return self


class StreamSettings(Model):
    """To whom every record is sent: exactly one of the two."""

    syslog: SyslogSettings | None = None
    webhook: WebhookSettings | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.syslog is None) == (self.webhook is None):
            raise ValueError("give exactly one of syslog or webhook")
        return self


class AuditSettings(Model):
    """Days are counted from the day after, in the tenant's time zone."""

    days: Annotated[int, Field(ge=1, le=36500)] = 180
    unknown_days: Annotated[int, Field(ge=1, le=36500)] = 30  # what was typed by nobody known
    streams: dict[Name, StreamSettings] | None = None
    outbound_allow: Annotated[tuple[HostName, ...], Field(max_length=1000)] = ()
