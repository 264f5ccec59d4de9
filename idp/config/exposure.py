"""Whether what is asked of people whose pattern was seen too often can be asked here."""

from __future__ import annotations

from idp.authenticators import table
from idp.authenticators.matrix.settings import RENEW, WARN, MatrixSettings
from idp.config.mistake import Findings, suggest
from idp.config.tenant_folder import TenantFolder

MATRIX = "matrix"


def check_exposure(tenant: TenantFolder, findings: Findings) -> None:
    """Another way of proving oneself, which the tenant has."""
    matrix = tenant.authenticators.get(MATRIX)
    if tenant.authenticators_document is None or not isinstance(matrix, MatrixSettings):
        return
    then, others = matrix.exposure.then, tenant.authenticator_names - {MATRIX}
    if then in (WARN, RENEW) or then in others:
        return
    words = f"no other authenticator is called {then}, {suggest(then, {WARN, RENEW, *others})}"
    if then in table.names() and then != MATRIX:
        words = f"{then} is not configured, add it to this file"
    at = tenant.authenticators_document.position((MATRIX, "exposure", "then"))
    findings.error(at, f"exposure.then: {words}")
