"""The section `matrix` of `authenticators.yaml`."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BeforeValidator, Field, PrivateAttr, ValidationError, model_validator

from idp.authenticators.phrase import PhraseSettings
from idp.config.model import Model, Name, Network

LONGEST_HISTORY = 24  # patterns of one user that are remembered, by their keyed hashes
FEWEST_CELLS = 16  # a pattern of four cells must not be guessed from the table's shape

# What becomes of a pattern that was seen too often, if no other proof is asked then.
WARN, RENEW = "warn", "new_pattern"

Forbidden = Literal["straight", "one-stroke"]
Rows = Annotated[int, Field(ge=2, le=10)]
Columns = Annotated[int, Field(ge=2, le=26)]
Blocks = Annotated[int, Field(ge=1, le=13)]
Seconds = Annotated[int, Field(ge=30, le=900)]
Length = Annotated[int, Field(ge=4, le=64)]
History = Annotated[int, Field(ge=0, le=LONGEST_HISTORY)]
Days = Annotated[int, Field(ge=1, le=3650)]
Hours = Annotated[int, Field(ge=0, le=24 * 365)]

M = TypeVar("M", bound=Model)


class TableSettings(Model):
    """The table that is shown. Blocks stand side by side, and `seconds` is how long it can be answered."""

    rows: Rows = 4
    columns: Columns = 12
    blocks: Blocks = 3
    seconds: Seconds = 180

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

    min: Length = 6
    max: Length = 12
    forbid: tuple[Forbidden, ...] = ("straight", "one-stroke")
    every_block: bool = False
    # How many of the last ones are not taken again; the present one never is.
    history: History = 0
    expires_days: Days | None = None
    min_age_hours: Hours = 0

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


def _many(value: Any) -> Any:
    """One stands for a list of one."""
    return [value] if isinstance(value, str) else value


class OtherTable(Model):
    """What is different about a table; what is not given is as it is for everybody."""

    rows: Rows | None = None
    columns: Columns | None = None
    blocks: Blocks | None = None
    seconds: Seconds | None = None


class OtherPattern(Model):
    """The same of patterns."""

    min: Length | None = None
    max: Length | None = None
    forbid: tuple[Forbidden, ...] | None = None
    every_block: bool | None = None
    history: History | None = None
    expires_days: Days | None = None  # given as null: never
    min_age_hours: Hours | None = None


class GroupWhen(Model):
    """Who is meant."""

    groups: Annotated[
        tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1), BeforeValidator(_many)
    ]  # any of these


class GroupSettings(Model):
    """What some people have instead."""

    when: GroupWhen
    table: OtherTable = OtherTable()
    pattern: OtherPattern = OtherPattern()


class MatrixSettings(Model):
    """All of it."""

    table: TableSettings = TableSettings()
    pattern: PatternSettings = PatternSettings()
    phrase: MatrixPhraseSettings = MatrixPhraseSettings()
    exposure: ExposureSettings = ExposureSettings()
    # Whether cells may be chosen on the page that sets a pattern, besides typing their digits.
    select: bool = False
    # Whether a pattern that must be changed is refused where nobody can be asked for a new one.
    change_first: bool = True
    groups: tuple[GroupSettings, ...] | None = None  # the first whose groups a user has counts
    _others: tuple[MatrixSettings, ...] = PrivateAttr(())  # what each of them comes to

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.pattern.every_block and self.pattern.max < self.table.blocks:
            raise ValueError("every_block needs pattern.max to be at least table.blocks")
        self._others = tuple(self._as_for(place, each) for place, each in enumerate(self.groups or ()))
        return self

    def of(self, groups: AbstractSet[str]) -> MatrixSettings:
        """The settings of somebody who is in these groups, without `groups`."""
        for each, other in zip(self.groups or (), self._others, strict=True):
            if not groups.isdisjoint(each.when.groups):
                return other
        return self

    @property
    def tables(self) -> tuple[TableSettings, ...]:
        """Every table that somebody is shown, the one of most people first."""
        return (self.table, *(other.table for other in self._others))

    def _as_for(self, place: int, other: GroupSettings) -> MatrixSettings:
        about = f"groups.{place}"
        shown = _changed(self.table, other.table, f"{about}.table")
        pattern = _changed(self.pattern, other.pattern, f"{about}.pattern")
        if pattern.every_block and pattern.max < shown.blocks:
            raise ValueError(f"{about}: every_block needs pattern.max to be at least table.blocks")
        return self.model_copy(update={"table": shown, "pattern": pattern, "groups": None})


def _changed(common: M, other: Model, about: str) -> M:
    """The common settings with what others are given. Raises ValueError for what cannot work."""
    given = other.model_dump(exclude_unset=True)
    try:
        return type(common).model_validate({**common.model_dump(), **given})
    except ValidationError as error:
        words = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ValueError(f"{about}: {words}") from None
