"""The sections `mail` and `forgotten` of `tenant.yaml`: by which server mail goes out, and what it may give."""

from __future__ import annotations

import ssl
from email.headerregistry import Address
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from idp.config.loopback import is_loopback
from idp.config.model import Model
from idp.config.secrets import SecretReading, SecretValue

PORTS = {"starttls": 587, "implicit": 465, "none": 25}


def parse_address(text: str) -> Address:
    """A mail address (RFC 5322 §3.4.1). Raises ValueError for what is none, and for what only RFC 6531 makes one: few
    servers take that.
    """
    try:
        address = Address(addr_spec=text)
    except Exception:  # the library's own grammar fails in many ways
        address = None
    if (
        address is None
        or not address.username
        or not address.domain
        or not (text.isascii() and text.isprintable())
    ):
        raise ValueError("must be a mail address, for example idp@example.com")
    return address


def _mail_address(value: str) -> str:
    parse_address(value)
    return value


def _host(value: str) -> str:
    if not value or any(sign.isspace() or sign in "/@" for sign in value):
        raise ValueError("must be the name of a host, for example smtp.example.com; its port stands apart")
    return value


def _authorities(value: str, info: ValidationInfo) -> str:
    """The file's content; a relative path begins at the configuration folder."""
    file = _reading(info).find(value)
    try:
        text = file.read_text()
        ssl.create_default_context(cadata=text)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no certificates in PEM form"
        raise ValueError(f"cannot read {file}: {reason.lower()}") from None
    return text


def _reading(info: ValidationInfo) -> SecretReading:
    return info.context if isinstance(info.context, SecretReading) else SecretReading()


MailAddress = Annotated[str, AfterValidator(_mail_address)]


class MailSettings(Model):
    """The tenant's own mail server (RFC 6409). Without `host` no mail is written at all."""

    host: Annotated[str, AfterValidator(_host)] | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None  # None: 587, 465 or 25, as `tls` says
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    ca_file: Annotated[str, AfterValidator(_authorities)] | None = None  # read: PEM, None: the system's own
    user: str | None = None
    password: SecretValue | None = None
    sender: MailAddress | None = None
    reply_to: MailAddress | None = None
    new_browsers: bool = (
        True  # whether people are told of sign-ins in browsers where they had not signed in before
    )

    @property
    def address(self) -> tuple[str, int]:
        """Host and port, where there is a host."""
        return self.host or "", self.port or PORTS[self.tls]

    @model_validator(mode="after")
    def _whole(self, info: ValidationInfo) -> Self:
        if self.host is None:
            return self
        if self.sender is None:
            raise ValueError("sender: is missing, every mail comes from somebody")
        if (self.user is None) != (self.password is None):
            missing = "password" if self.password is None else "user"
            raise ValueError(f"{missing}: is missing, user and password go together")
        if self.tls == "none" and not is_loopback(self.host) and not _reading(info).plain:
            raise ValueError("tls: must be starttls or implicit, others could read the mail on its way")
        return self


class ForgottenSettings(Model):
    """Whether people may replace a forgotten pattern by a link that is mailed to them."""

    enabled: bool = False
    link_seconds: Annotated[int, Field(ge=300, le=86400)] = 1800  # how long the link works
    pattern_seconds: Annotated[int, Field(ge=3600)] = 604800  # how long the pattern that it gives may be used
    links_per_hour: Annotated[int, Field(ge=1, le=100)] = 3  # to one user
    requests_per_hour: Annotated[int, Field(ge=1, le=10000)] = 30  # from one address of the network
