"""Whether the login on schedule can be made as `probe` says."""

from __future__ import annotations

from typing import Final

from idp.config.mistake import Findings, suggest
from idp.config.tenant_folder import TenantFolder

PROVEN_BY: Final = {"pattern": "matrix", "totp": "totp"}  # a password may be known to a directory


def check_probe(tenant: TenantFolder, findings: Findings) -> None:
    """Every service that it names is there and has a door, and so are the authenticators of its secrets."""
    if tenant.settings is None:
        return
    probe, doors = tenant.settings.probe, {each.service: each.doors for _, each in tenant.services}
    for place, name in enumerate(probe.services):
        at = tenant.document.position(("probe", "services", place))
        if name not in tenant.service_names:
            hint = suggest(name, tenant.service_names)
            findings.error(at, f"probe.services: no service is called {name}, {hint}")
        elif name in doors and not doors[name]:
            findings.error(at, f"probe.services: nobody can enter {name}, it has no section of an open door")
    for key, authenticator in PROVEN_BY.items():
        if getattr(probe, key) is not None and authenticator not in tenant.authenticator_names:
            at = tenant.document.key_position(("probe", key))
            findings.error(at, f"probe.{key}: needs {authenticator} in authenticators.yaml")
