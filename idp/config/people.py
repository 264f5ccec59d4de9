"""`demo-users.yaml`: people whom a demo tenant begins with, secrets and all."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from idp.config.model import Model, Name
from idp.config.secrets import SecretValue


class DemoUser(Model):
    """One person. `credentials` has what each authenticator's enrolment takes, by field."""

    user: Annotated[str, Field(min_length=1)]
    display_name: str = ""
    email: str | None = None
    groups: tuple[str, ...] = ()
    attributes: dict[str, str] = Field(default_factory=dict)  # as `idp user set` takes them
    credentials: dict[Name, dict[Name, SecretValue]] = Field(default_factory=dict)
