"""The matrix authenticator."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import orjson
from pydantic import BaseModel

from idp.authenticators import Prompt, phrase
from idp.authenticators.answer import Answer
from idp.authenticators.compare import matches
from idp.authenticators.matrix import initial, pattern, table
from idp.authenticators.matrix.pattern import Cell
from idp.authenticators.matrix.settings import MatrixSettings
from idp.authenticators.safe import Safe
from keys.seal import Vault
from keys.secret import Secret
from storage import Transaction
from storage.records import Credential, User

UNREADABLE = ""  # a cell that the table, shown before or after it was resized, does not have


@dataclass(frozen=True, slots=True)
class Issued:
    """An initial pattern: its credential, not yet stored, and what its user is told once."""

    credential: Credential
    grid: Sequence[str] = field(repr=False)  # as `initial.draw` draws it
    cells: Secret
    blocks: int
    until: int  # epoch seconds


class Matrix:
    """Shows a table and compares the digits along the user's pattern.

    It is a knowledge factor: whoever watches two logins knows the pattern.
    """

    name: ClassVar[str] = "matrix"
    amr: ClassVar[tuple[str, ...]] = ("kba",)
    factor: ClassVar[Literal["knowledge", "possession", "inherence"]] = "knowledge"
    compares: ClassVar[bool] = True
    shows: ClassVar[bool] = True
    at_once: ClassVar[bool] = True
    width: ClassVar[int] = 0
    Settings: ClassVar[type[BaseModel]] = MatrixSettings
    fields: ClassVar[tuple[str, ...]] = ("pattern", "phrase")

    def __init__(self, settings: MatrixSettings, vault: Vault) -> None:
        self.settings: MatrixSettings = settings
        self._safe = Safe(vault, self.name, _encode(_random_pattern(settings), ""))

    async def challenge(self, tx: Transaction, user: User | None, now: int) -> Prompt:
        """A fresh table, which knows nothing of the user. `expires_at` is in epoch seconds."""
        shown = self.settings.table
        return {
            "table": table.draw(shown.rows, shown.columns),
            "blocks": shown.blocks,
            "expires_at": now + shown.seconds,
        }

    async def verify(
        self, tx: Transaction, user: User | None, prompt: Prompt, answer: Answer, now: int
    ) -> bool:
        alive = now < prompt["expires_at"]
        for held in await self._safe.open(tx, user):
            cells, fixed, until = _decode(held.content)
            digits = [_read(prompt["table"], cell) for cell in cells]
            right = any(matches(answer, self._expected("".join(digits), fixed)))
            current = until is None or now < until
            if right and alive and current and held.genuine and UNREADABLE not in digits:
                await tx.credentials.touch(held.credential.id, now)
                return True
        return False

    def enrol(self, user: User, given: Mapping[str, Secret], now: int) -> Credential:
        """Takes `pattern`, cells as in `A1 F2 K3`, and `phrase`. Raises `Refused`."""
        cells = pattern.parse(given["pattern"].reveal(), self.settings.table)
        pattern.check(cells, self.settings.pattern, self.settings.table)
        fixed = phrase.accept(given.get("phrase", Secret("")), self.settings.phrase, "phrase")
        return self._safe.seal(user, _encode(cells, fixed), now)

    def issue(self, user: User, now: int, until: int) -> Issued:
        """An initial pattern that works until then (epoch seconds). Raises `Refused` if none can be drawn."""
        cells = initial.choose(self.settings)
        credential = self._safe.seal(user, _encode(cells, "", until), now)
        shown = self.settings.table
        names = Secret(" ".join(map(str, cells)))
        return Issued(credential, initial.draw(cells, shown), names, shown.blocks, until)

    async def initial_until(self, tx: Transaction, user: User) -> int | None:
        """When the user's initial pattern ends, which he is to change before; None for one of his own."""
        held = await self._safe.open(tx, user)
        return next((until for each in held if (until := _decode(each.content)[2]) is not None), None)

    def _expected(self, digits: str, fixed: str) -> tuple[str, str]:
        """What may be typed: always two texts, so that phrase and position do not show in the time."""
        before, after = fixed + digits, digits + fixed
        match self.settings.phrase.position:
            case "before":
                return before, before
            case "after":
                return after, after
            case "either":
                return before, after


def _read(rows: Sequence[str], cell: Cell) -> str:
    return rows[cell.row][cell.column : cell.column + 1] if cell.row < len(rows) else UNREADABLE


def _random_pattern(settings: MatrixSettings) -> Sequence[Cell]:
    shown = settings.table
    return [
        Cell(secrets.randbelow(shown.columns), secrets.randbelow(shown.rows))
        for _ in range(settings.pattern.min)
    ]


def _encode(cells: Sequence[Cell], fixed: str, until: int | None = None) -> bytes:
    """`until` is the end of an initial pattern: sealed with it, so that nobody who writes rows can move it."""
    ending = {} if until is None else {"until": until}
    return orjson.dumps({"pattern": [[*cell] for cell in cells], "phrase": fixed, **ending})


def _decode(content: bytes) -> tuple[Sequence[Cell], str, int | None]:
    value = orjson.loads(content)
    return [Cell(*cell) for cell in value["pattern"]], value["phrase"], value.get("until")
