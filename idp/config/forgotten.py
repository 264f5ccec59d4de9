"""Whether what people may do about a forgotten pattern can be done here."""

from __future__ import annotations

from idp.authenticators import Refused
from idp.authenticators.matrix.initial import choose
from idp.authenticators.matrix.settings import MatrixSettings
from idp.config.mistake import Findings
from idp.config.tenant_folder import TenantFolder


def check_forgotten(tenant: TenantFolder, findings: Findings) -> None:
    """A pattern can be replaced only where there are patterns, and where one can be drawn by the rules."""
    if tenant.settings is None or not tenant.settings.forgotten.enabled:
        return
    at = tenant.document.position(("forgotten", "enabled"))
    if "matrix" not in tenant.authenticator_names:
        findings.error(at, "forgotten.enabled: there are no patterns, add matrix to authenticators.yaml")
    matrix = tenant.authenticators.get("matrix")
    if isinstance(matrix, MatrixSettings):
        try:
            choose(matrix)
        except Refused as refused:
            findings.error(at, f"forgotten.enabled: {refused.words}")
