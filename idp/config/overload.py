"""`overload` of `idp.yaml`: how much one process takes on at a time."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from idp.config.model import Model

FEWEST_REQUESTS: Final = 4  # below it nobody who has begun would find room beside those who begin


class Overload(Model):
    """Of each process, whatever the number of workers."""

    requests: Annotated[int, Field(ge=FEWEST_REQUESTS, le=10_000)] = 128  # being answered at once
    delay_ms: Annotated[int, Field(ge=10, le=60_000)] = 250  # late by more than this it takes on fewer
    connections: Annotated[int, Field(ge=16, le=100_000)] = 1000  # open at once
