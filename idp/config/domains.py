"""The section `domains` of `tenant.yaml`: to whom user names belong, and who knows their passwords."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from idp.config.authorities import authorities
from idp.config.loopback import is_loopback
from idp.config.model import Model, Texts
from idp.config.secrets import SecretReading, SecretValue
from storage.records import LOCAL_DOMAIN

LDAP_PORTS: Final = {"ldap": 389, "ldaps": 636}
USER: Final = "{user}"  # in templates: where the user's name stands
_DOMAIN: Final = re.compile(r"[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?", re.ASCII)
_FILTER: Final = re.compile(r"\(.+\)", re.ASCII | re.DOTALL)


def _domain(value: str) -> str:
    if not _DOMAIN.fullmatch(value):
        raise ValueError("must be a name of small letters, digits, dots, - and _, for example corp")
    return value


def _server(value: str) -> str:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host = ""
    if (
        not host
        or parts.scheme not in LDAP_PORTS
        or parts.path.strip("/")
        or parts.query
        or "@" in parts.netloc
    ):
        raise ValueError("must be an address such as ldaps://dc1.example.com or ldap://dc1.example.com:389")
    return value.rstrip("/")


def _template(value: str) -> str:
    if USER not in value:
        raise ValueError(f"must say where the user's name stands: {USER}")
    return value


def _filter(value: str) -> str:
    if not _FILTER.fullmatch(value):
        raise ValueError(f"must be a filter in brackets, for example (uid={USER})")
    return _template(value)


class SearchSettings(Model):
    """How the entry of a user is found, where its name does not follow from his."""

    base: Annotated[str, Field(min_length=1)]
    filter: Annotated[str, AfterValidator(_filter)] = f"(uid={USER})"
    dn: str | None = None  # None: the directory lets everybody search
    password: SecretValue | None = None

    @model_validator(mode="after")
    def _together(self) -> Self:
        if (self.dn is None) != (self.password is None):
            missing = "password" if self.password is None else "dn"
            raise ValueError(f"{missing}: is missing, dn and password go together")
        return self


class LdapSettings(Model):
    """The directory that knows the passwords of a domain (RFC 4511)."""

    servers: Annotated[tuple[Annotated[str, AfterValidator(_server)], ...], Field(min_length=1)]
    starttls: bool = True  # of ldap:// servers; ldaps:// ones begin with TLS
    ca_file: Annotated[str, AfterValidator(authorities)] | None = (
        None  # an absolute path; None: the system's own
    )
    bind_dn: Annotated[str, AfterValidator(_template)] | None = None
    search: SearchSettings | None = None
    decoy_dn: Annotated[str, Field(min_length=1)] | None = None
    seconds: Annotated[float, Field(ge=0.5, le=4)] = 3  # for one server to connect and answer
    connections: Annotated[int, Field(ge=1, le=64)] = 4  # at once, from one worker
    queue: Annotated[int, Field(ge=0, le=10_000)] = 32

    @model_validator(mode="after")
    def _usable(self, info: ValidationInfo) -> Self:
        if find_spec("bonsai") is None:
            raise ValueError("needs what is not installed: pip install 'masugata[ldap]'")
        if (self.bind_dn is None) == (self.search is None):
            raise ValueError("needs either bind_dn, from which the entry's name follows, or search")
        plain = isinstance(info.context, SecretReading) and info.context.plain
        for server in self.servers:
            parts = urlsplit(server)
            hidden = self.starttls or parts.scheme == "ldaps" or is_loopback(parts.hostname or "")
            if not hidden and not plain:
                raise ValueError("starttls: must be true, others could read passwords on their way")
        return self


class DomainSettings(Model):
    """One domain. Without `ldap` its passwords are kept here, like those of `local`."""

    display_name: Texts | None = None  # on the login page; None: the domain's own name
    ldap: LdapSettings | None = None


def _known_here(domains: Mapping[str, DomainSettings]) -> Mapping[str, DomainSettings]:
    """`local` is always there, first unless it has its place; what it has is kept here."""
    if LOCAL_DOMAIN not in domains:
        return {LOCAL_DOMAIN: DomainSettings(), **domains}
    if domains[LOCAL_DOMAIN].ldap is not None:
        raise ValueError(f"{LOCAL_DOMAIN}: must have no ldap, give the directory a domain of its own")
    return domains


Domains = Annotated[
    dict[Annotated[str, AfterValidator(_domain)], DomainSettings], AfterValidator(_known_here)
]
