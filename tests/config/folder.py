"""Folders of configuration for these tests: small and right, until a test writes a mistake into them."""

from __future__ import annotations

from pathlib import Path

import pytest

from idp.config.load import load
from idp.config.mistake import ConfigurationError

TENANT = """\
tenant: acme
base_url: https://login.example.com
display_name: {en: Acme}
"""
AUTHENTICATORS = "matrix:\ntotp:\n"
POLICIES = "- {name: staff, when: {groups: [staff]}, then: {require: [matrix]}}\n"
SERVICE = """\
service: wiki
display_name: {en: Wiki}
oidc:
  client_id: wiki
  token_endpoint_auth_method: none
  redirect_uris: [https://wiki.example.com/callback]
"""
ACME = "tenants/acme"


def write(root: Path, **changed: str) -> Path:
    """A right folder at `root`; `changed` replaces or adds files, their paths with `__` for `/`, without `.yaml`."""
    files = {
        "idp": "",
        "tenants__acme__tenant": TENANT,
        "tenants__acme__authenticators": AUTHENTICATORS,
        "tenants__acme__policies": POLICIES,
        "tenants__acme__services__wiki": SERVICE,
        **changed,
    }
    for name, text in files.items():
        path = root / (name.replace("__", "/") + ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
    return root


def mistakes(root: Path) -> list[str]:
    """Every mistake as `file:line:column: words`, files as seen from the folder."""
    with pytest.raises(ConfigurationError) as caught:
        load(root)
    return [_below(root, str(mistake)) for mistake in caught.value.mistakes]


def warnings(root: Path) -> list[str]:
    """The same for what is only dubious, in a folder without mistakes."""
    return [_below(root, str(warning)) for warning in load(root).warnings]


def _below(root: Path, text: str) -> str:
    return text.replace(f"{root}/", "")
