"""`policies.yaml`: rules, first match decides."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from idp.config.conditions import When
from idp.config.model import Model
from idp.config.results import AllowSettings, DenySettings, RequireSettings, Then

__all__ = ["AllowSettings", "DenySettings", "RequireSettings", "RuleSettings", "When"]


class RuleSettings(Model):
    """One rule."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    when: When = When()
    then: Then
