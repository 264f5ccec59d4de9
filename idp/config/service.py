"""`services/*.yaml`: one relying party, one door."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from idp.config.conditions import Names
from idp.config.model import LaunchAddress, Model, Name, Texts


class ServiceSettings(Model):
    """A service. The section of each open door stands beside these, as that door's own model."""

    service: Name
    display_name: Texts
    enabled: bool = True  # false: it stays here and in the rules, and nobody gets anything for it
    tags: Names = ()  # by which rules name several services at once
    launch_url: LaunchAddress | None = None  # where the portal's tile leads; without it there is no tile

    @property
    def doors(self) -> Mapping[str, Any]:
        """The sections given, by door."""
        doors = _doors(type(self))
        return {door: section for door in doors if (section := getattr(self, door)) is not None}


@cache
def _doors(model: type[ServiceSettings]) -> tuple[str, ...]:
    """Worked out once: it is asked for several times for each of thousands of services."""
    return tuple(field for field in model.model_fields if field not in ServiceSettings.model_fields)
