"""Login protect, as a tenant wants it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from idp.config.model import Model


class ProtectSettings(Model):
    """The section `protect`: whose answers are looked at only after his device has released the login."""

    use: Literal["never", "optional", "required"] = "never"
    groups: tuple[Annotated[str, Field(min_length=1)], ...] = ()  # for whom it is required; empty: for all
    release_seconds: Annotated[int, Field(ge=15, le=300)] = 60  # how long a release waits for its login

    @model_validator(mode="after")
    def _groups_are_required(self) -> Self:
        if self.groups and self.use != "required":
            raise ValueError("groups: are those for whom it is required, so use must be required")
        return self
