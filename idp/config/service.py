"""`services/*.yaml`: one relying party, one door."""

from __future__ import annotations

from typing import Any

from idp.config.model import Model, Name, Texts


class ServiceSettings(Model):
    """A service; the section of its door is checked by that door's own model."""

    service: Name
    display_name: Texts
    launch_url: str | None = None  # where the portal's tile leads; without it there is no tile
    oidc: Any = None
    saml: Any = None
    radius: Any = None
