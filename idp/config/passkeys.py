"""Whether what passkeys and recovery codes are to do can be done here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from idp.authenticators import table
from idp.authenticators.passkey.settings import PasskeySettings, fault
from idp.authenticators.recovery import RecoverySettings
from idp.config.mistake import Findings, suggest
from idp.config.policies import RequireSettings, RuleSettings
from idp.config.tenant_folder import TenantFolder

PASSKEY, RECOVERY = "passkey", "recovery"
ALONE: Final = (
    "asks for a passkey alone: set user_verification to required, else whoever finds the key gets in"
)


def check_held(tenant: TenantFolder, findings: Findings) -> None:
    """Passkeys, and the codes that stand in for what is held."""
    _check_passkeys(tenant, findings)
    _check_recovery(tenant, findings)


def _check_passkeys(tenant: TenantFolder, findings: Findings) -> None:
    """Passkeys are bound to a name, and asked for by browsers; who is asked for nothing else unlocks them."""
    section, document = tenant.authenticators.get(PASSKEY), tenant.authenticators_document
    if isinstance(section, PasskeySettings) and tenant.settings is not None and document is not None:
        key, words = fault(section.at(tenant.settings.base_url)) or ("", "")
        if key == "rp_id":
            findings.error(document.position((PASSKEY, key)), f"{PASSKEY}.{key} {words}")
        elif key:
            findings.error(tenant.document.position((key,)), f"{key}: {words}")
        for place, rule in _rules(tenant):
            if (PASSKEY,) in _ways(rule) and section.user_verification != "required":
                _warn(tenant, place, f"rule {rule.name} {ALONE}", findings)


def _check_recovery(tenant: TenantFolder, findings: Findings) -> None:
    """A code stands in for what there is, and is something that is held."""
    section, document = tenant.authenticators.get(RECOVERY), tenant.authenticators_document
    if not isinstance(section, RecoverySettings) or document is None:
        return
    path = (RECOVERY, "instead_of")
    for name in section.instead_of if document.has(path) else ():
        if name not in tenant.authenticator_names or name == RECOVERY:
            others = tenant.authenticator_names - {RECOVERY}
            words = (
                f"{name} is not configured, {suggest(name, others)}" if others else "there is nothing else"
            )
            findings.error(document.position(path), f"{RECOVERY}.instead_of: {words}")
        elif table.find(name).factor != "possession":
            words = f"{name} is no device, and what somebody knows is not replaced by a sheet of paper"
            findings.error(document.position(path), f"{RECOVERY}.instead_of: {words}")


def _rules(tenant: TenantFolder) -> Sequence[tuple[int, RuleSettings]]:
    return tuple(tenant.rules.by_place.items()) if tenant.rules else ()


def _ways(rule: RuleSettings) -> tuple[tuple[str, ...], ...]:
    return rule.then.ways if isinstance(rule.then, RequireSettings) else ()


def _warn(tenant: TenantFolder, place: int, words: str, findings: Findings) -> None:
    assert tenant.rules is not None
    findings.warn(tenant.rules.document.position((place, "then")), words)
