"""What an administrator says about clients that register themselves (RFC 7591, OpenID Connect Registration 1.0)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from idp.config.model import Model, Name
from protocols.oidc.vocabulary import HTTPS, Consent, Word


class RegistrationSettings(Model):
    """Who may register, and what a registered client may be."""

    enabled: bool = False
    # False lets everybody register who reaches the server; the tokens come from `idp client token add`.
    require_initial_access_token: bool = True
    service: Name = "registered"  # what rules and the audit log call all of them
    scopes: tuple[Word, ...] = ("openid", "profile", "email", "offline_access")
    # Whether users are asked: at each login, once for each client until it changes its name or address, or never.
    consent: Consent = "required"
    maximum_clients: Annotated[int, Field(ge=1, le=100_000)] = 100


class TenantRegistration(Model):
    """Of a tenant."""

    registration: RegistrationSettings = RegistrationSettings()

    def services_made(self) -> tuple[str, ...]:
        """Services that stand in no file: rules may name them, and no file may take their names."""
        return (self.registration.service,) if self.registration.enabled else ()


class ServiceLaunch(Model):
    """Of a service."""

    # Where a login can be begun elsewhere, from our own address /oidc/launch/CLIENT_ID (Core §4).
    initiate_login_uri: HTTPS | None = None
