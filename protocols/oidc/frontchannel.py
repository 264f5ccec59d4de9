"""Telling a service through the user's browser that a session has ended (OpenID Connect Front-Channel Logout 1.0)."""

from __future__ import annotations

from urllib.parse import urlencode

from protocols.oidc.clients import Client
from protocols.oidc.issuer import Issuer


def frame(here: Issuer, client: Client, sid: str) -> str:
    """The address that a hidden frame of our page loads; empty where the service registered none (§2)."""
    uri = client.settings.frontchannel_logout_uri
    if uri is None:
        return ""
    separator = "&" if "?" in uri else "?"
    return f"{uri}{separator}{urlencode({'iss': here.tenant.issuer, 'sid': sid})}"
