"""Rules that let people into the console too easily: it shows who signed in where, and how that was decided."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from idp.authenticators import table
from idp.authenticators.passkey.settings import PasskeySettings
from idp.config.mistake import Findings
from idp.config.tenant_folder import TenantFolder
from idp.policy import Require, Rule
from idp.policy.verdict import Way

PASSKEY: Final = "passkey"
TWO: Final = "require two of different factors, such as [matrix, totp]"


def check_console(tenant: TenantFolder, findings: Findings) -> None:
    """Warn of each rule that names the console and asks for one factor only, or for nobody in particular."""
    if tenant.rules is None or tenant.settings is None:
        return
    rules = tenant.parsed_rules()
    places = dict(zip((rule.name for rule in rules), tenant.rules.by_place, strict=True))
    for rule in rules:
        if not isinstance(rule.then, Require) or rule.is_kept_from_console:
            continue
        for key, words in _told(rule, rule.then, tenant):
            at = tenant.rules.document.position((places[rule.name], key))
            findings.warn(at, f"rule {rule.name} lets people into the console {words}")


def _told(rule: Rule, then: Require, tenant: TenantFolder) -> Iterator[tuple[str, str]]:
    if not (rule.groups or rule.all_groups or rule.attributes):
        yield "when", "whoever they are, say of which groups"
    if not then.names:
        if rule.proofs is None or rule.proofs.strength != "multi":
            yield "then", f"by whatever they have proven, {TWO}"
        return
    for way in then.ways:
        if not _is_strong(way, tenant):
            by = "one proof" if len(set(way)) == 1 else "proofs of one factor"
            yield "then", f"by {by} ({', '.join(way)}), {TWO}"


def _is_strong(way: Way, tenant: TenantFolder) -> bool:
    """Whether it is of several factors. What is no authenticator is told elsewhere."""
    passkey = tenant.authenticators.get(PASSKEY)
    if PASSKEY in way and isinstance(passkey, PasskeySettings) and passkey.user_verification == "required":
        return True
    return len({_factor(name) for name in way}) > 1


def _factor(name: str) -> str:
    try:
        return table.find(name).factor
    except LookupError:
        return ""
