"""The section `password` of `authenticators.yaml`, completed by what else the tenant's files say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, PrivateAttr, ValidationInfo

from idp.authenticators.password.filter import Filter, NoFilter
from idp.authenticators.password.rules import LONGEST, SHORTEST
from idp.config.domains import LdapSettings
from idp.config.model import Model
from idp.config.secrets import SecretReading
from idp.config.service import ServiceSettings
from idp.config.tenant import TenantSettings


def _filter(value: str, info: ValidationInfo) -> str:
    reading = info.context if isinstance(info.context, SecretReading) else SecretReading()
    file = reading.find(value).resolve()
    try:
        Filter.open(file)
    except OSError as error:
        raise ValueError(f"cannot read {file}: {(error.strerror or '').lower()}") from None
    except NoFilter as error:
        raise ValueError(f"{file} {error}") from None
    return str(file)


class PasswordSettings(Model):
    """No rules of composition: they make passwords worse (NIST SP 800-63B-4 §3.1.1.2)."""

    min: Annotated[int, Field(ge=SHORTEST, le=LONGEST)] = SHORTEST  # characters
    words: tuple[Annotated[str, Field(min_length=1)], ...] = ()  # beside the names that are known anyway
    breached: Annotated[str, AfterValidator(_filter)] | None = None  # an absolute path
    expires_days: Annotated[int, Field(ge=1, le=3650)] | None = None  # NIST SP 800-63B-4 §3.1.1.2: never
    # Whether one that must be changed is refused where nobody can be asked for a new one.
    change_first: bool = True
    queue: Annotated[int, Field(ge=0, le=10_000)] = (
        32  # logins that may wait for a hash before others are sent away
    )
    _names: tuple[str, ...] = PrivateAttr(())
    _directories: Mapping[str, LdapSettings] = PrivateAttr({})

    def within(self, tenant: TenantSettings, services: Sequence[ServiceSettings]) -> Self:
        """The same settings, with the names that no password is made of, and the directories that know others."""
        complete = self.model_copy()
        named = (tenant.tenant, *tenant.display_name.values())
        called = (text for each in services for text in (each.service, *each.display_name.values()))
        complete._names = (*named, *called)
        complete._directories = {name: each.ldap for name, each in tenant.domains.items() if each.ldap}
        return complete

    @property
    def names(self) -> tuple[str, ...]:
        """What a guesser tries first here."""
        return (*self._names, *self.words)

    @property
    def directories(self) -> Mapping[str, LdapSettings]:
        """Who knows the passwords of a domain, by its name."""
        return self._directories

    def breaches(self) -> Filter | None:
        """The list of breached passwords, opened."""
        return Filter.open(Path(self.breached)) if self.breached else None
