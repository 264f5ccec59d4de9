"""Initial patterns: by the tenant's rules, drawn so that every cell can be read off, valid until their end."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from idp.authenticators import Refused
from idp.authenticators.matrix import Matrix
from idp.authenticators.matrix.initial import choose, draw
from idp.authenticators.matrix.pattern import check, parse
from idp.authenticators.matrix.settings import MatrixSettings
from keys.seal import Vault
from keys.secret import Secret
from storage import Storage
from storage.records import User
from tests.people import answer
from tests.statistics import chi_square

NOW = 1_800_000_000
DAY = 86400
USER = User("u1", "alice", NOW)
SHAPES = (
    {},
    {"pattern": {"min": 12, "max": 12, "every_block": True}},
    {"table": {"rows": 4, "columns": 4, "blocks": 1}, "pattern": {"min": 16, "max": 16}},
    {
        "table": {"rows": 10, "columns": 26, "blocks": 13},
        "pattern": {"min": 4, "max": 35, "every_block": True},
    },
    {"pattern": {"min": 4, "max": 12, "forbid": []}},
)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_one_obeys_the_rules_and_can_be_read_off_its_drawing(shape: dict[str, object]) -> None:
    settings = MatrixSettings.model_validate(shape)
    for _ in range(200):
        chosen = choose(settings)
        check(chosen, settings.pattern, settings.table)
        rows = [row.replace(" ", "") for row in draw(chosen, settings.table)]
        drawn = {sign: (column, row) for row, line in enumerate(rows) for column, sign in enumerate(line)}
        order = "123456789abcdefghijklmnopqrstuvwxyz"[: len(chosen)]
        assert [drawn[sign] for sign in order] == [tuple(cell) for cell in chosen]
        assert "".join(rows).count("*") == settings.table.rows * settings.table.columns - len(chosen)


def test_blocks_stand_apart() -> None:
    settings = MatrixSettings()
    cells = parse("A3 E1 K3 C4 L1 F2 I4 B1", settings.table)
    assert draw(cells, settings.table) == [
        "*8** 2*** ***5",
        "**** *6** ****",
        "1*** **** **3*",
        "**4* **** 7***",
    ]


def test_every_cell_is_as_likely_as_any_other() -> None:
    seen = Counter(cell for _ in range(4000) for cell in choose(MatrixSettings()))
    assert len(seen) == 48
    assert chi_square(list(seen.values())) < 95  # of 47 degrees of freedom, exceeded once in 10,000 times


def test_one_that_cannot_be_drawn_is_refused() -> None:
    settings = MatrixSettings.model_validate({"pattern": {"min": 36, "max": 64}})
    with pytest.raises(Refused, match="36 cells cannot be drawn"):
        choose(settings)


async def test_it_is_right_until_its_end_and_wrong_afterwards(store: Storage) -> None:
    matrix = Matrix(MatrixSettings(), Vault("acme", {1: os.urandom(32)}))
    issued = matrix.issue(USER, NOW, NOW + DAY)
    assert issued.cells.reveal() not in repr(issued) and issued.grid[0] not in repr(issued)
    async with store.transaction("acme") as tx:
        await tx.users.add(USER)
        assert await matrix.present(tx, USER) is None
        await tx.credentials.add(issued.credential)
        present = await matrix.present(tx, USER)
        assert present is not None
        assert present.content.until == NOW + DAY
        assert present.due(NOW) == "initial"
        for now, expected in ((NOW + DAY - 1, True), (NOW + DAY, False)):
            prompt = await matrix.challenge(tx, USER, now)
            digits = answer(issued.cells.reveal(), [list(row) for row in prompt["table"]])
            assert await matrix.verify(tx, USER, prompt, Secret(digits), now) is expected
        await tx.credentials.delete("u1", "matrix")
        await tx.credentials.add(matrix.enrol(USER, {"pattern": Secret("A1 F2 K3 L4 C2 G1")}, NOW))
        present = await matrix.present(tx, USER)
        assert present is not None
        assert (present.content.until, present.due(NOW)) == (None, "")
