"""What all configuration models share: frozen, and unknown keys are mistakes."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Locale = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z][A-Za-z]{1,3})?$")]
Texts = Annotated[dict[Locale, str], Field(min_length=1)]  # one text by language


class Model(BaseModel):
    """A piece of the configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)
