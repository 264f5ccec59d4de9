"""The authenticators by name: ours as a closed table, a third party's by entry point."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Final

from idp.authenticators import Authenticator
from keys.seal import Vault

GROUP = "masugata.authenticators"
BUILT_IN: Final[Mapping[str, str]] = {
    "matrix": "idp.authenticators.matrix:Matrix",
    "password": "idp.authenticators.password:Password",
    "totp": "idp.authenticators.totp:Totp",
    "passkey": "idp.authenticators.passkey:Passkey",
    "certificate": "idp.authenticators.certificate:ClientCertificate",
    "recovery": "idp.authenticators.recovery:Recovery",
}


def names() -> tuple[str, ...]:
    """Every name that a configuration may use. Ours come first, and nobody can take them."""
    third = (point.name for point in entry_points(group=GROUP))
    return tuple(dict.fromkeys((*BUILT_IN, *third)))


def find(name: str) -> type[Authenticator]:
    """The class of that name, imported now; its `Settings` check its section. Raises LookupError."""
    if name in BUILT_IN:
        module, _, attribute = BUILT_IN[name].partition(":")
        built_in: type[Authenticator] = getattr(import_module(module), attribute)
        return built_in
    for point in entry_points(group=GROUP, name=name):
        loaded: type[Authenticator] = point.load()
        return loaded
    raise LookupError(f"no authenticator is called {name}")


def open_authenticators(settings: Mapping[str, Any], vault: Vault) -> dict[str, Authenticator]:
    """One tenant's authenticators, from the validated settings by name. Raises LookupError."""
    return {name: find(name)(section, vault) for name, section in settings.items()}
