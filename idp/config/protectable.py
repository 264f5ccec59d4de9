"""Whether logins can be protected here."""

from __future__ import annotations

from idp.config.mistake import Findings
from idp.config.tenant_folder import TenantFolder

APPS = "totp"  # whose apps may release logins


def check_protect(tenant: TenantFolder, findings: Findings) -> None:
    """A login is released by an app for one-time codes, so there must be such apps."""
    if (
        tenant.settings is None
        or tenant.settings.protect.use == "never"
        or APPS in tenant.authenticator_names
    ):
        return
    at = tenant.document.position(("protect", "use"))
    findings.error(
        at, f"protect.use: there are no apps to release a login, add {APPS} to authenticators.yaml"
    )
