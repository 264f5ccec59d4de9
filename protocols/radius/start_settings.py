"""The setting `start` of a NAS: how the portal opens its login page with a credential that works once."""

from __future__ import annotations

import re
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from idp.config.model import Model, WebAddress

USERNAME, CREDENTIAL = "{username}", "{credential}"
_GAP: Final = re.compile(r"\{[^}]*\}")


class StartSettings(Model):
    """A form that the browser posts. `{username}` and `{credential}` are filled in."""

    url: WebAddress  # of the appliance's login form
    fields: Annotated[dict[str, str], Field(min_length=1)] = Field(
        default_factory=lambda: {"username": USERNAME, "password": CREDENTIAL}
    )
    seconds: Annotated[int, Field(ge=5, le=60)] = 60

    @model_validator(mode="after")
    def _carries_both(self) -> Self:
        found = [gap for text in self.fields.values() for gap in _GAP.findall(text)]
        for gap in found:
            if gap not in (USERNAME, CREDENTIAL):
                raise ValueError(f"fields: {gap} is unknown, use {USERNAME} and {CREDENTIAL}")
        if found.count(CREDENTIAL) != 1:
            raise ValueError(f"fields: one of them must hold {CREDENTIAL}")
        return self
