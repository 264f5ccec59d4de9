"""Builds configuration folders as an administrator would write them."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.people import DRIFT_STEPS

SECRET = "a-client-secret-of-the-tests-0123456789"

AUTHENTICATORS: dict[str, Any] = {
    "matrix": {
        "table": {"rows": 4, "columns": 12, "blocks": 3, "seconds": 180},
        "pattern": {"min": 6, "max": 12},
    },
    "totp": {"digits": 6, "period_seconds": 30, "drift_steps": DRIFT_STEPS},
    "password": {"min": 8},
}
POLICIES: list[dict[str, Any]] = [
    {"name": "staff", "when": {"groups": ["staff"]}, "then": {"require": ["matrix"]}},
    {"name": "token holders", "when": {"groups": ["token"]}, "then": {"require": ["password", "totp"]}},
    {
        "name": "everyone else",
        "then": {"deny": {"ja": "窓口へどうぞ。", "en": "Ask the desk for access."}},
    },
]


@dataclass
class TenantFolder:
    """The files of one tenant."""

    name: str
    base_url: str
    settings: dict[str, Any] = field(default_factory=dict)
    authenticators: dict[str, Any] = field(default_factory=lambda: copy.deepcopy(AUTHENTICATORS))
    policies: list[dict[str, Any]] = field(default_factory=lambda: copy.deepcopy(POLICIES))
    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    people: list[dict[str, Any]] = field(default_factory=list)

    def add_service(self, name: str, *redirect_uris: str, secret: str = SECRET, **oidc: Any) -> None:
        """A confidential OIDC client named as the service; `oidc` adds to or replaces its settings."""
        self.secrets[name] = secret
        self.services[name] = {
            "service": name,
            "display_name": {"ja": f"サービス {name}", "en": f"Service {name}"},
            "oidc": {
                "client_id": name,
                "client_secret": {"file": f"secrets/{self.name}-{name}"},
                "redirect_uris": list(redirect_uris),
                **oidc,
            },
        }

    def add_demo_user(self, name: str, *groups: str, **credentials: dict[str, str]) -> None:
        """Somebody who is there when the server first starts: quicker than the command line for many."""
        self.settings["demo"] = True
        self.people.append({"user": name, "groups": list(groups), "credentials": credentials})

    def write(self, root: Path) -> None:
        folder = root / "tenants" / self.name
        (folder / "services").mkdir(parents=True, exist_ok=True)
        (root / "secrets").mkdir(exist_ok=True)
        dump(
            folder / "tenant.yaml",
            {
                "tenant": self.name,
                "base_url": self.base_url,
                "display_name": {"ja": f"{self.name}株式会社", "en": f"{self.name} Inc."},
                **self.settings,
            },
        )
        dump(folder / "authenticators.yaml", self.authenticators)
        dump(folder / "policies.yaml", self.policies)
        if self.people:
            dump(folder / "demo-users.yaml", self.people)
        for name, service in self.services.items():
            dump(folder / "services" / f"{name}.yaml", service)
        for name, secret in self.secrets.items():
            path = root / "secrets" / f"{self.name}-{name}"
            path.write_text(secret)
            path.chmod(0o600)


@dataclass
class Configuration:
    """A whole folder."""

    idp: dict[str, Any] = field(default_factory=dict)
    tenants: list[TenantFolder] = field(default_factory=list)

    def write(self, root: Path) -> None:
        """Write every file below `root`, over those that are there."""
        root.mkdir(parents=True, exist_ok=True)
        dump(root / "idp.yaml", self.idp)
        for tenant in self.tenants:
            tenant.write(root)


def dump(path: Path, content: object) -> None:
    """Rename into place, so that a server that reloads never reads half a file."""
    draft = path.with_suffix(".draft")
    draft.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False))
    draft.rename(path)
