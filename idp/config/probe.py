"""The section `probe` of a tenant: as whom, and at which services, a login on schedule is made (`idp probe`)."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from idp.config.model import Model, Name
from idp.config.secrets import SecretValue


class ProbeSettings(Model):
    """A user made for it, what he proves himself with, and where he signs in. Without `user` there is none."""

    user: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    password: SecretValue | None = None
    pattern: SecretValue | None = None  # cells as people write them: A1 F2 K3 L4
    totp: SecretValue | None = None  # of his device by the clock, in Base32
    services: tuple[Name, ...] = ()  # each is tried at every door that it has
    seconds: Annotated[int, Field(ge=1, le=60)] = 10  # how long each answer may take

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.user is None:
            return self
        if self.password is None and self.pattern is None and self.totp is None:
            raise ValueError("user: proves himself with nothing, give password, pattern or totp")
        if not self.services:
            raise ValueError("services: is empty, name those at which he signs in")
        return self
