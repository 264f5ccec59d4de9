"""The section `matrix` of `authenticators.yaml`."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from idp.authenticators.phrase import PhraseSettings
from idp.config.model import Model, Name, Network

LONGEST_HISTORY = 24  # patterns of one user that are remembered, by their keyed hashes
FEWEST_CELLS = 16  # a pattern of four cells must not be guessed from the table's shape

# What becomes of a pattern that was seen too often, if no other proof is asked then.
WARN, RENEW = "warn", "new_pattern"

Forbidden = Literal["straight", "one-stroke"]


class TableSettings(Model):
    """The table that is shown. Blocks stand side by side, and `seconds` is how long it can be answered."""

    rows: Annotated[int, Field(ge=2, le=10)] = 4
    columns: Annotated[int, Field(ge=2, le=26)] = 12
    blocks: Annotated[int, Field(ge=1, le=13)] = 3
    seconds: Annotated[int, Field(ge=30, le=900)] = 180

    @property
    def block_columns(self) -> int:
        return self.columns // self.blocks

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.columns % self.blocks:
            raise ValueError(f"columns must be a multiple of blocks, for example {self.blocks * 4}")
        if self.rows * self.columns < FEWEST_CELLS:
            raise ValueError(f"a table has at least {FEWEST_CELLS} cells, add rows or columns")
        return self


class PatternSettings(Model):
    """What users may choose as their pattern, in cells."""

    min: Annotated[int, Field(ge=4, le=64)] = 6
    max: Annotated[int, Field(ge=4, le=64)] = 12
    forbid: tuple[Forbidden, ...] = ("straight", "one-stroke")
    every_block: bool = False
    # How many of the last ones are not taken again; the present one never is.
    history: Annotated[int, Field(ge=0, le=LONGEST_HISTORY)] = 0
    expires_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    min_age_hours: Annotated[int, Field(ge=0, le=24 * 365)] = 0

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            raise ValueError("min must not be greater than max")
        if self.expires_days is not None and self.min_age_hours >= self.expires_days * 24:
            raise ValueError("min_age_hours must end before expires_days")
        return self


class MatrixPhraseSettings(PhraseSettings):
    """The fixed string beside the digits, and on which side of them it is typed."""

    position: Literal["before", "after", "either"] = "either"


class ExposureSettings(Model):
    """How many logins may be seen, table and answer, before the pattern alone is not enough any more."""

    budget: Annotated[int, Field(ge=1, le=1000)] | None = None  # null: they are not counted
    # An authenticator that is asked besides from then on, wherever one signs in; `new_pattern`, before one goes on;
    # or `warn`, on the portal.
    then: Name = WARN
    trusted_networks: tuple[Network, ...] = ()  # where nobody looks on
    spare_known_devices: bool = True  # whether logins where the user signed in before count as unseen


class MatrixSettings(Model):
    """All of it."""

    table: TableSettings = TableSettings()
    pattern: PatternSettings = PatternSettings()
    phrase: MatrixPhraseSettings = MatrixPhraseSettings()
    exposure: ExposureSettings = ExposureSettings()
    # Whether cells may be chosen on the page that sets a pattern, besides typing their digits.
    select: bool = False
    # Whether an initial or expired pattern is refused where nobody can be asked for a new one.
    change_first: bool = True

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.pattern.every_block and self.pattern.max < self.table.blocks:
            raise ValueError("every_block needs pattern.max to be at least table.blocks")
        return self
