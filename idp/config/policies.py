"""`policies.yaml`: rules, first match decides."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from idp.config.conditions import When
from idp.config.model import Model
from idp.config.results import AllowSettings, DenySettings, RequireSettings, Then

__all__ = ["AllowSettings", "DenySettings", "RequireSettings", "RuleSettings", "When"]


def _visible(name: str) -> str:
    if not name.isprintable():
        raise ValueError("must be characters that can be seen: plans and reports print it on terminals")
    return name


class RuleSettings(Model):
    """One rule."""

    name: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_visible)]
    when: When = When()
    then: Then
