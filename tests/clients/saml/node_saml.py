"""A service provider made with npm @node-saml/node-saml, which is under passport-saml too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from tests.clients.chromium import NODE_MODULES
from tests.clients.saml.service import Issuer, Service


class NodeSAML(Service):
    """Signs its requests by either binding; compresses even what it posts."""

    name = "node"
    settings: ClassVar[Mapping[str, Any]] = {"encrypt": True, "idp_initiated": True}
    login, consumer, entity = "/login", "/acs", "/metadata"
    logout = "/logout"
    home = "/"
    distrust = "Invalid document signature"

    def describe(self) -> str:
        assert NODE_MODULES.is_dir(), "npm ci --prefix tests"
        self.run(["node", Path(__file__).with_name("node_saml.mjs"), self.origin, self.folder])
        return self.fetch("/metadata")

    def trust(self, issuer: Issuer) -> None:
        """What an administrator would copy into its options."""
        options = {
            "idpIssuer": issuer.entity_id,
            "entryPoint": issuer.location("SingleSignOnService"),
            "logoutUrl": issuer.location("SingleLogoutService"),
            "idpCert": issuer.certificates,
        }
        (self.folder / "idp.json").write_text(json.dumps(options))
