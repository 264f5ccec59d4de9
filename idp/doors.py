"""The doors by name: ours in a closed table, a third party's by entry point; only open ones are imported."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Final

from pydantic import BaseModel

GROUP = "masugata.protocols"
BUILT_IN: Final[Mapping[str, str]] = {
    "oidc": "protocols.oidc",
    "saml": "protocols.saml",
    "radius": "protocols.radius",
}
# What doors of ours lend to the command line: `idp NOUN` is `NOUN` in their `commands` module.
NOUNS: Final[Mapping[str, str]] = {
    "saml": "SAML service providers: metadata; preview what they would be told.",
    "radius": "NASes: nas lists what each did lately, and who does not sign.",
}


@dataclass(frozen=True, slots=True)
class DoorModels:
    """What a door's `settings` module says about its part of the configuration."""

    service: type[BaseModel]  # `ServiceSettings`: its section of a service
    tenant: type[BaseModel]  # `TenantSettings`: its section of a tenant
    unique: tuple[str, ...] = ()  # `UNIQUE`: what no two services of a tenant may share
    exclusive: tuple[str, ...] = ()  # `EXCLUSIVE`: lists whose entries no two services anywhere may share
    # `unserved`: of a service's section and `idp.yaml`, the keys that the server cannot serve, and why
    unserved: Callable[[Any, Any], Mapping[str, str]] | None = None


def names() -> tuple[str, ...]:
    """Every name that a configuration may open. Ours come first, and nobody can take them."""
    third = (point.name for point in entry_points(group=GROUP))
    return tuple(dict.fromkeys((*BUILT_IN, *third)))


def opening(name: str) -> ModuleType:
    """The door's `opening` module, imported now with its libraries; it has `setup`. Raises LookupError."""
    return import_module(f"{_module(name)}.opening")


def command(noun: str) -> Any:
    """The click command that a door lends under one of `NOUNS`, imported now, whether the door is open or not."""
    return getattr(import_module(f"{_module(noun)}.commands"), noun)


def probe(name: str) -> Callable[[Any], Awaitable[None]] | None:
    """What signs in there as a client does, `probe` in the door's `probe` module; None where it has none.

    It is given an `idp.probe.trial.Trial`, and raises `idp.probe.Broken`. Raises LookupError.
    """
    module = f"{_module(name)}.probe"
    found: Callable[[Any], Awaitable[None]] | None = None
    if find_spec(module) is not None:
        found = import_module(module).probe
    return found


def models(name: str) -> DoorModels:
    """The models of a door's settings, without the door itself. Raises LookupError."""
    settings = import_module(f"{_module(name)}.settings")
    unique: tuple[str, ...] = getattr(settings, "UNIQUE", ())
    exclusive: tuple[str, ...] = getattr(settings, "EXCLUSIVE", ())
    unserved = getattr(settings, "unserved", None)
    return DoorModels(settings.ServiceSettings, settings.TenantSettings, unique, exclusive, unserved)


def _module(name: str) -> str:
    if name in BUILT_IN:
        return BUILT_IN[name]
    for point in entry_points(group=GROUP, name=name):
        return point.module
    raise LookupError(f"no door is called {name}")
