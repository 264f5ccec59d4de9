"""`services/*.yaml`: one relying party, one door."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp.config.model import LaunchAddress, Model, Name, Texts


class ServiceSettings(Model):
    """A service. The section of each open door stands beside these, as that door's own model."""

    service: Name
    display_name: Texts
    enabled: bool = True  # false: it stays here and in the rules, and nobody gets anything for it
    launch_url: LaunchAddress | None = None  # where the portal's tile leads; without it there is no tile

    @property
    def doors(self) -> Mapping[str, Any]:
        """The sections given, by door."""
        return {
            door: section
            for door in type(self).model_fields
            if door not in ServiceSettings.model_fields and (section := getattr(self, door)) is not None
        }
