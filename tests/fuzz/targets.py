"""All of them, by name."""

from __future__ import annotations

from tests.fuzz import certificates, files, oidc, radius, saml, web
from tests.fuzz.target import TARGETS

__all__ = ["TARGETS", "certificates", "files", "oidc", "radius", "saml", "web"]
