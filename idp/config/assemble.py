"""The models of whole files: ours, with the sections of the open doors and of all authenticators in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, create_model

from idp import doors
from idp.authenticators import table
from idp.config.model import Model
from idp.config.service import ServiceSettings
from idp.config.tenant import TenantSettings
from idp.doors import DoorModels


def _given(value: Any) -> Any:
    """`totp:` with nothing behind it is totp with its defaults."""
    return {} if value is None else value


def service_model(opened: Mapping[str, DoorModels], closed: Iterable[str]) -> type[ServiceSettings]:
    """A service's file; a section that is not given is None, and one of a closed door may hold anything."""
    sections: dict[str, Any] = dict.fromkeys(closed, (Any, None))
    sections |= {door: (each.service | None, None) for door, each in opened.items()}
    return create_model("ServiceFile", __base__=ServiceSettings, __doc__=ServiceSettings.__doc__, **sections)


def tenant_model(opened: Mapping[str, DoorModels], closed: Iterable[str]) -> type[TenantSettings]:
    """`tenant.yaml`; an open door's section that is not given has that door's defaults."""
    sections: dict[str, Any] = dict.fromkeys(closed, (Any, None))
    sections |= {
        door: (each.tenant, Field(default_factory=dict, validate_default=True))
        for door, each in opened.items()
    }
    return create_model("TenantFile", __base__=TenantSettings, __doc__=TenantSettings.__doc__, **sections)


def authenticators_model(authenticators: Mapping[str, type[BaseModel]]) -> type[BaseModel]:
    """`authenticators.yaml`; one that is not given is None: nobody can use it."""
    sections: dict[str, Any] = {
        name: (Annotated[settings | None, BeforeValidator(_given)], None)
        for name, settings in authenticators.items()
    }
    return create_model(
        "AuthenticatorsFile", __base__=Model, __doc__="The ways of proving who you are.", **sections
    )


@dataclass(frozen=True, slots=True)
class Shape:
    """The models of a tenant's files under the open doors."""

    doors: Mapping[str, DoorModels]
    tenant: type[TenantSettings]
    service: type[ServiceSettings]
    authenticators: type[BaseModel]

    @staticmethod
    def of(opened: Mapping[str, DoorModels]) -> Shape:
        """The same for the same doors: pydantic keeps something of every model that was ever made."""
        closed = tuple(name for name in doors.names() if name not in opened)
        sections = tuple((name, table.find(name).Settings) for name in table.names())
        return _shape(tuple(opened.items()), closed, sections)


@cache
def _shape(
    opened: tuple[tuple[str, DoorModels], ...],
    closed: tuple[str, ...],
    sections: tuple[tuple[str, type[BaseModel]], ...],
) -> Shape:
    models = dict(opened)
    return Shape(
        models,
        tenant_model(models, closed),
        service_model(models, closed),
        authenticators_model(dict(sections)),
    )
