"""What an administrator says about metadata: where a service's lie, who signs them, how often they are looked at."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, ValidationInfo, model_validator

from idp.config.model import Model
from idp.config.secrets import SecretReading
from protocols.saml.metadata import files
from protocols.saml.metadata.description import is_safe
from protocols.saml.metadata.reading import Entity

_HOST: Final = re.compile(r"[A-Za-z0-9.-]+|\[?[0-9A-Fa-f:.]+\]?")


def _address(value: str) -> str:
    if not is_safe(value):
        raise ValueError("must be an https address")
    return value


def _location(value: str) -> str:
    return _address(value) if "://" in value else value


def _entity_id(value: str) -> str:
    if not re.fullmatch(r"[\x21-\x7e]{1,1024}", value):
        raise ValueError("must be the entityID of the metadata: no space, at most 1024 characters")
    return value


def _host(host: str) -> str:
    if not _HOST.fullmatch(host):
        raise ValueError("must be a host name or an address, without scheme and port")
    return host.strip("[]").lower()


def _pinned(value: Any, info: ValidationInfo) -> Any:
    if not isinstance(value, str):
        return value
    return files.certificate(_found(info, value))


def _found(info: ValidationInfo, name: str) -> Path:
    return info.context.find(name) if isinstance(info.context, SecretReading) else Path(name)


Pinned = Annotated[bytes, BeforeValidator(_pinned)]
Host = Annotated[str, AfterValidator(_host)]


class ServiceMetadata(Model):
    """Of a service: exactly one of `metadata` and `mdq`."""

    # A file, its path from the configuration folder on, or https://…
    metadata: Annotated[str, Field(min_length=1), AfterValidator(_location)] | None = None
    mdq: Annotated[str, AfterValidator(_address)] | None = None  # a server of the Metadata Query protocol
    entity_id: Annotated[str, AfterValidator(_entity_id)] | None = (
        None  # which one of several; whom to ask mdq for
    )
    # PEM files: the metadata must be signed by one of these, or nothing of them is believed.
    metadata_signed_by: tuple[Pinned, ...] = ()

    _entity: Entity | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _read(self, info: ValidationInfo) -> Self:
        """A file is read at once, so that what is wrong with it is a mistake of the configuration."""
        if (self.metadata is None) == (self.mdq is None):
            raise ValueError("give exactly one of metadata and mdq")
        if self.mdq is not None and self.entity_id is None:
            raise ValueError("mdq: needs entity_id, whom to ask for")
        if self.metadata is not None and "://" not in self.metadata:
            try:
                path = _found(info, self.metadata)
                self._entity = files.find(path, self.entity_id, self.metadata_signed_by)
            except ValueError as error:
                raise ValueError(f"metadata: {error}") from None
        return self

    @property
    def source(self) -> str:
        """Where the metadata lie, by which the database knows what it has from where."""
        return f"mdq:{self.mdq}" if self.mdq is not None else self.metadata or ""

    @property
    def entity(self) -> Entity | None:
        """What the file said when the configuration was read; None where it is to be fetched."""
        return self._entity


class TenantMetadata(Model):
    """Of a tenant."""

    # How often metadata are fetched, unless they ask for more themselves (cacheDuration).
    metadata_seconds: Annotated[int, Field(ge=300, le=604_800)] = 21_600
    # Hosts in private networks, or on this machine, from which metadata may be fetched, and that are told of sign-outs.
    outbound_allow: Annotated[tuple[Host, ...], Field(max_length=1000)] = ()
