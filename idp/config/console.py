"""The section `console` of a tenant: how its administrators come to see what was decided."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from idp.config.model import Model


class ConsoleSettings(Model):
    """Who may enter say the rules; this is how lately he has proven himself."""

    proof_seconds: Annotated[int, Field(ge=60, le=86400)] = 1800
