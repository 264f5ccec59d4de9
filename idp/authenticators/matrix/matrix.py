"""The matrix authenticator."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

from pydantic import BaseModel

from idp.authenticators import Prompt, phrase
from idp.authenticators.answer import Answer
from idp.authenticators.compare import matches
from idp.authenticators.matrix import history, initial, pattern, table
from idp.authenticators.matrix.content import Content
from idp.authenticators.matrix.expected import expected
from idp.authenticators.matrix.pattern import Cell
from idp.authenticators.matrix.settings import MatrixSettings
from idp.authenticators.safe import Safe
from keys.seal import Vault
from keys.secret import Secret
from storage import Transaction
from storage.records import Credential, User

Due = Literal["", "initial", "expired", "exposed"]
HOUR, DAY = 3600, 86400
UNREADABLE = ""  # a cell that the table, shown before or after it was resized, does not have


@dataclass(frozen=True, slots=True)
class Issued:
    """An initial pattern: its credential, not yet stored, and what its user is told once."""

    credential: Credential
    grid: Sequence[str] = field(repr=False)  # as `initial.draw` draws it
    cells: Secret
    blocks: int
    until: int  # epoch seconds


@dataclass(frozen=True, slots=True)
class Present:
    """The pattern that a user has."""

    credential: Credential
    content: Content


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
    account_path: ClassVar[str] = "/account/pattern"

    def __init__(self, settings: MatrixSettings, vault: Vault) -> None:
        self.settings: MatrixSettings = settings
        self._vault = vault
        self._safe = Safe(vault, self.name, Content(_random_pattern(settings)).dump())

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
            content = Content.parse(held.content)
            digits = [_read(prompt["table"], cell) for cell in content.cells]
            position = self.settings.phrase.position
            right = any(matches(answer, expected("".join(digits), content.phrase, position)))
            current = content.until is None or now < content.until
            if right and alive and current and held.genuine and UNREADABLE not in digits:
                await tx.credentials.touch(held.credential.id, now)
                return True
        return False

    def enrol(self, user: User, given: Mapping[str, Secret], now: int) -> Credential:
        """Takes `pattern`, cells as in `A1 F2 K3`, and `phrase`. Raises `Refused`."""
        cells = pattern.parse(given["pattern"].reveal(), self.settings.table)
        pattern.check(cells, self.settings.pattern, self.settings.table)
        fixed = phrase.accept(given.get("phrase", Secret("")), self.settings.phrase, "phrase")
        return self._safe.seal(user, Content(cells, fixed).dump(), now)

    def issue(self, user: User, now: int, until: int) -> Issued:
        """An initial pattern that works until then (epoch seconds). Raises `Refused` if none can be drawn."""
        cells = initial.choose(self.settings)
        credential = self._safe.seal(user, Content(cells, until=until).dump(), now)
        shown = self.settings.table
        names = Secret(" ".join(map(str, cells)))
        return Issued(credential, initial.draw(cells, shown), names, shown.blocks, until)

    async def present(self, tx: Transaction, user: User) -> Present | None:
        """What the user has now; None if he has no pattern."""
        held = next((each for each in await self._safe.open(tx, user) if each.genuine), None)
        return Present(held.credential, Content.parse(held.content)) if held else None

    def due(self, present: Present, now: int) -> Due:
        """Why the pattern must be changed before its user goes on; empty if it need not be."""
        if present.content.until is not None:
            return "initial"
        ends = self.expires_at(present)
        return "expired" if ends is not None and ends <= now else ""

    def expires_at(self, present: Present) -> int | None:
        """When a pattern of the user's own must be changed at the latest (epoch seconds), if ever."""
        days = self.settings.pattern.expires_days
        return None if days is None else present.credential.created_at + days * DAY

    def changeable_at(self, present: Present) -> int:
        """From when on its user may change it by himself (epoch seconds)."""
        return present.credential.created_at + self.settings.pattern.min_age_hours * HOUR

    async def is_former(self, tx: Transaction, present: Present, cells: Sequence[Cell], now: int) -> bool:
        """Whether these cells are the user's pattern now, or were among the last ones that must not come again."""
        user_id, last = present.credential.user_id, self.settings.pattern.history
        if tuple(cells) == tuple(present.content.cells):
            return True
        return await history.is_known(tx, self._vault, user_id, cells, last, now)

    async def change(self, tx: Transaction, present: Present, changed: Content, now: int) -> bool:
        """Keep it in place of the present one; False if that was changed or taken away meanwhile.

        The row stays, so that of two who change it at once one pattern is left. A new phrase alone does not make
        the pattern any younger.
        """
        credential = present.credential
        if tuple(changed.cells) == tuple(present.content.cells):
            changed = replace(changed, until=present.content.until)  # an initial one stays initial
        else:
            credential = replace(credential, created_at=now, last_used_at=None)
            await history.remember(tx, self._vault, credential.user_id, changed.cells, now)
        return await tx.credentials.replace(self._safe.reseal(credential, changed.dump(), now))

    async def remember(self, tx: Transaction, credential: Credential, now: int) -> None:
        """Count a pattern that was just stored among those that its user had."""
        content = Content.parse(self._safe.unseal(credential))
        await history.remember(tx, self._vault, credential.user_id, content.cells, now)


def _read(rows: Sequence[str], cell: Cell) -> str:
    return rows[cell.row][cell.column : cell.column + 1] if cell.row < len(rows) else UNREADABLE


def _random_pattern(settings: MatrixSettings) -> Sequence[Cell]:
    shown = settings.table
    return [
        Cell(secrets.randbelow(shown.columns), secrets.randbelow(shown.rows))
        for _ in range(settings.pattern.min)
    ]
