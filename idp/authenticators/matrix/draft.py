"""A pattern that is being set: typed along constructed tables or chosen cell by cell, and confirmed on a random one."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import orjson

from idp.authenticators import Refused, phrase
from idp.authenticators.compare import matches
from idp.authenticators.matrix import pattern, table
from idp.authenticators.matrix.constructed import Table, construct, read, tables_for
from idp.authenticators.matrix.expected import expected
from idp.authenticators.matrix.pattern import Cell
from idp.authenticators.matrix.settings import MatrixSettings
from keys.secret import Secret

Way = Literal["type", "select", "phrase"]  # of setting one; the last keeps the cells
Stage = Literal["type", "select", "phrase", "confirm"]
UNDO: Final = "undo"
DONE: Final = "done"
NONE: Final = Secret("")


@dataclass(frozen=True, slots=True)
class Form:
    """What came from one of the pages."""

    answer: Secret
    choice: Secret = NONE  # a cell, or what to do with those chosen before
    again: Secret = NONE  # a phrase once more
    phrase: Secret = NONE


@dataclass(frozen=True, slots=True)
class Draft:
    """How far it has come. Nothing of it goes to a page but the tables that are to be read, and chosen cells."""

    way: Way
    stage: Stage
    tables: tuple[Table, ...] = field(default=(), repr=False)
    typed: tuple[str, ...] = field(default=(), repr=False)
    cells: tuple[Cell, ...] = field(default=(), repr=False)
    phrase: str = field(default="", repr=False)

    @classmethod
    def parse(cls, content: bytes) -> Draft:
        """What `dump` has made."""
        value: dict[str, Any] = orjson.loads(content)
        tables = tuple(tuple(rows) for rows in value["tables"])
        cells = tuple(Cell(*cell) for cell in value["cells"])
        return cls(**value | {"tables": tables, "typed": tuple(value["typed"]), "cells": cells})

    def dump(self) -> bytes:
        """To be sealed."""
        kept = {one.name: getattr(self, one.name) for one in dataclasses.fields(self)}
        return orjson.dumps(kept | {"cells": [[*cell] for cell in self.cells]})

    @property
    def table(self) -> Table:
        """What is to be read now; empty where nothing is."""
        if self.stage == "confirm":
            return self.tables[-1]
        return self.tables[len(self.typed)] if self.stage == "type" else ()

    @property
    def is_known(self) -> bool:
        """Whether its cells are all there, and obey the rules."""
        return self.stage in ("phrase", "confirm")


def begin(settings: MatrixSettings, way: Way, cells: tuple[Cell, ...] = ()) -> Draft:
    """Its first page. `cells` are those that stay where only the phrase is changed."""
    match way:
        case "type":
            return Draft(way, "type", construct(settings.table))
        case "select":
            return Draft(way, "select")
        case "phrase":
            return Draft(way, "phrase", cells=cells)


def take(draft: Draft, form: Form, settings: MatrixSettings) -> Draft | None:
    """The draft with what the form adds to it; None once it is confirmed. Raises `Refused`; see `after_refusal`."""
    match draft.stage:
        case "type":
            return _typed(draft, form.answer, settings)
        case "select":
            return _selected(draft, form.choice.reveal(), settings)
        case "phrase":
            return _worded(draft, form, settings)
        case "confirm":
            return _confirmed(draft, form.answer, settings)


def after_refusal(draft: Draft, settings: MatrixSettings) -> Draft:
    """How it goes on: what was typed begins anew, a confirmation gets another table, and chosen cells stay."""
    if draft.stage == "type":
        return begin(settings, "type")
    return _to_confirm(draft, settings) if draft.stage == "confirm" else draft


def steps(way: Way, settings: MatrixSettings) -> int:
    """How many pages there are."""
    if way == "type":
        return tables_for(settings.table) + 1
    return 3 if way == "select" and settings.phrase.use != "never" else 2


def number(draft: Draft, settings: MatrixSettings) -> int:
    """Which of them is open, from 1."""
    if draft.stage == "confirm":
        return steps(draft.way, settings)
    return 2 if draft.stage == "phrase" and draft.way == "select" else len(draft.typed) + 1


def _typed(draft: Draft, answer: Secret, settings: MatrixSettings) -> Draft:
    typed = (*draft.typed, phrase.normalise(answer))
    draft = dataclasses.replace(draft, typed=typed)
    if len(typed) < len(draft.tables):
        return draft
    cells, fixed = read(draft.tables, typed, settings.phrase.position)
    pattern.check(cells, settings.pattern, settings.table)
    fixed = phrase.accept(Secret(fixed), settings.phrase, "phrase")
    return _to_confirm(dataclasses.replace(draft, cells=cells, phrase=fixed), settings)


def _selected(draft: Draft, word: str, settings: MatrixSettings) -> Draft:
    cells = draft.cells
    if word == DONE:
        pattern.check(cells, settings.pattern, settings.table)
        if settings.phrase.use == "never":
            return _to_confirm(draft, settings)
        return dataclasses.replace(draft, stage="phrase")
    if word == UNDO:
        return dataclasses.replace(draft, cells=cells[:-1])
    cells += pattern.parse(word, settings.table)
    if len(cells) > settings.pattern.max:
        raise Refused("too-long", f"a pattern has at most {settings.pattern.max} cells")
    return dataclasses.replace(draft, cells=cells)


def _worded(draft: Draft, form: Form, settings: MatrixSettings) -> Draft:
    fixed = phrase.accept(form.phrase, settings.phrase, "phrase")
    if form.phrase != form.again:
        raise Refused("differs", "the two phrases are not alike")
    return _to_confirm(dataclasses.replace(draft, phrase=fixed), settings)


def _confirmed(draft: Draft, answer: Secret, settings: MatrixSettings) -> Draft | None:
    rows, columns = len(draft.table), len(draft.table[0])
    if any(cell.row >= rows or cell.column >= columns for cell in draft.cells):
        raise Refused("wrong", "the table was made smaller meanwhile")
    digits = "".join(draft.table[cell.row][cell.column] for cell in draft.cells)
    if any(matches(answer, expected(digits, draft.phrase, settings.phrase.position))):
        return None
    raise Refused("wrong", "these are not the digits along the new pattern")


def _to_confirm(draft: Draft, settings: MatrixSettings) -> Draft:
    """A random table: who types along it has remembered what he set."""
    shown = settings.table
    fresh = tuple(table.draw(shown.rows, shown.columns))
    return dataclasses.replace(draft, stage="confirm", tables=(fresh,), typed=())
