"""Where a secret lies: a file, the environment, the output of a command; a plain string only in the demo."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from idp.config.model import Model


class SecretSource(Model):
    """Exactly one of the three. Relative files are found from the configuration folder."""

    file: str | None = None
    env: str | None = None
    command: Annotated[tuple[str, ...], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(source is not None for source in (self.file, self.env, self.command)) != 1:
            raise ValueError("give exactly one of file, env or command")
        return self
