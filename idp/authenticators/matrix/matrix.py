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
from idp.authenticators.matrix.present import Present
from idp.authenticators.matrix.settings import MatrixSettings, TableSettings
from idp.authenticators.safe import NOBODY, Safe
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
    account_path: ClassVar[str] = "/account/pattern"

    def __init__(self, settings: MatrixSettings, vault: Vault) -> None:
        self.settings: MatrixSettings = settings
        self._vault = vault
        self._safe = Safe(vault, self.name, Content(_random_pattern(settings)).dump())

    def settings_of(self, user: User | None) -> MatrixSettings:
        """Those of the user's groups; of nobody those of everybody."""
        return self.settings.of((user or NOBODY).groups)

    async def challenge(self, tx: Transaction, user: User | None, now: int) -> Prompt:
        """A fresh table. `expires_at` is in epoch seconds."""
        return await self.challenge_within(tx, user, (user or NOBODY).groups, now)

    async def challenge_within(
        self, tx: Transaction, user: User | None, groups: frozenset[str], now: int
    ) -> Prompt:
        """The same for somebody in these groups, at the same cost for whomever.

        Who has a pattern from the time when he was in others is shown a table that it fits, so that he can prove
        himself and change it: one that others are shown as well, which tells nothing of him.
        """
        shown = self.settings.of(groups).table
        if self.settings.groups:
            held = (await self._safe.open(tx, user))[0]
            fitting = self._fitting(Content.parse(held.content).cells, shown)
            shown = fitting if held.genuine else shown
        return {
            "table": table.draw(shown.rows, shown.columns),
            "blocks": shown.blocks,
            "expires_at": now + shown.seconds,
        }

    async def verify(
        self, tx: Transaction, user: User | None, prompt: Prompt, answer: Answer, now: int
    ) -> bool:
        return await self.proven(tx, user, prompt, answer, now) is not None

    async def proven(
        self, tx: Transaction, user: User | None, prompt: Prompt, answer: Answer, now: int
    ) -> Present | None:
        """The pattern along which the answer was read, opened; None for any other answer."""
        alive = now < prompt["expires_at"]
        for held in await self._safe.open(tx, user):
            content = Content.parse(held.content)
            digits = [_read(prompt["table"], cell) for cell in content.cells]
            position = self.settings.phrase.position
            right = any(matches(answer, expected("".join(digits), content.phrase, position)))
            current = content.until is None or now < content.until
            if right and alive and current and held.genuine and UNREADABLE not in digits:
                await tx.credentials.touch(held.credential.id, now)
                return Present(held.credential, content, self.settings_of(user))
        return None

    def enrol(self, user: User, given: Mapping[str, Secret], now: int) -> Credential:
        """Takes `pattern`, cells as in `A1 F2 K3`, and `phrase`. Raises `Refused`."""
        rules = self.settings_of(user)
        cells = pattern.parse(given["pattern"].reveal(), rules.table)
        pattern.check(cells, rules.pattern, rules.table)
        fixed = phrase.accept(given.get("phrase", Secret("")), rules.phrase, "phrase")
        return self._safe.seal(user, Content(cells, fixed).dump(), now)

    def issue(self, user: User, now: int, until: int) -> Issued:
        """An initial pattern that works until then (epoch seconds). Raises `Refused` if none can be drawn."""
        rules = self.settings_of(user)
        cells, shown = initial.choose(rules), rules.table
        credential = self._safe.seal(user, Content(cells, until=until).dump(), now)
        names = Secret(" ".join(map(str, cells)))
        return Issued(credential, initial.draw(cells, shown), names, shown.blocks, until)

    async def present(self, tx: Transaction, user: User) -> Present | None:
        """What the user has now; None if he has no pattern."""
        held = next((each for each in await self._safe.open(tx, user) if each.genuine), None)
        if held is None:
            return None
        return Present(held.credential, Content.parse(held.content), self.settings_of(user))

    async def is_former(self, tx: Transaction, present: Present, cells: Sequence[Cell], now: int) -> bool:
        """Whether these cells are the user's pattern now, or were among the last ones that must not come again."""
        user_id, last = present.credential.user_id, present.settings.pattern.history
        if tuple(cells) == tuple(present.content.cells):
            return True
        return await history.is_known(tx, self._vault, user_id, cells, last, now)

    async def change(self, tx: Transaction, present: Present, changed: Content, now: int) -> bool:
        """Keep it in place of the present one; False if that was taken away meanwhile.

        The row stays, so that of two who change it at once one pattern is left, the later one. A new phrase alone
        does not make the pattern any younger.
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

    def _fitting(self, cells: Sequence[Cell], wanted: TableSettings) -> TableSettings:
        """The wanted table, or the first of the others, that has all of the cells; the wanted one if none has."""
        tables = (wanted, *self.settings.tables)
        return next((each for each in tables if pattern.fits(cells, each)), wanted)


def _read(rows: Sequence[str], cell: Cell) -> str:
    return rows[cell.row][cell.column : cell.column + 1] if cell.row < len(rows) else UNREADABLE


def _random_pattern(settings: MatrixSettings) -> Sequence[Cell]:
    shown = settings.table
    return [
        Cell(secrets.randbelow(shown.columns), secrets.randbelow(shown.rows))
        for _ in range(settings.pattern.min)
    ]
