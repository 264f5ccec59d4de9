"""The table: what people, screen readers and clients rely on."""

from __future__ import annotations

import pytest

from idp.web.matrix_table import matrix_rows
from tests.drawing import CHALLENGE, MATRIX, Element, draw, parse


@pytest.fixture
def table() -> Element:
    tables = parse(draw("login/matrix", prompt=MATRIX, seconds=180, **CHALLENGE)).all("table")
    assert [found.attributes["id"] for found in tables] == ["matrix"]
    return tables[0]


def test_columns_are_lettered_and_rows_numbered(table: Element) -> None:
    head, *rows = table.all("tr")
    assert [cell.text for cell in head.all("th")] == ["Row", *"ABCDEFGHIJKL"]
    assert [[cell.text for cell in row.all("th")] for row in rows] == [["1"], ["2"], ["3"], ["4"]]


def test_every_cell_holds_its_digit_and_nothing_else(table: Element) -> None:
    _, *rows = table.all("tr")
    assert ["".join(cell.text for cell in row.all("td")) for row in rows] == MATRIX["table"]
    assert all(len(cell.text) == 1 and not cell.children for cell in table.all("td"))


def test_a_screen_reader_hears_row_and_column(table: Element) -> None:
    scopes = [cell.attributes["scope"] for cell in table.all("th")]
    assert scopes == ["col"] * 13 + ["row"] * 4
    assert table.all("caption")[0].text == "Table of random digits, 4 rows and 12 columns"


def test_blocks_differ_by_class_only(table: Element) -> None:
    for row in table.all("tr")[1:]:
        kinds = [cell.attributes.get("class", "") for cell in row.all("td")]
        assert kinds == [""] * 4 + ["even edge", *["even"] * 3] + ["edge", *[""] * 3]


@pytest.mark.parametrize("row", ["93450616160<", "93450616160x", "93450616160٣", "93450616160 "])
def test_a_table_of_anything_but_digits_is_never_drawn(row: str) -> None:
    with pytest.raises(ValueError, match="digits"):
        matrix_rows([row], 3, "Row")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (180, "for 3 minutes."),
        (179, "for 3 minutes."),
        (60, "for 1 minute."),
        (30, "for 30 seconds."),
        (1, "for 1 second."),
    ],
)
def test_the_page_says_how_long_the_table_lasts(seconds: int, words: str) -> None:
    assert words in draw("login/matrix", prompt=MATRIX, seconds=seconds, **CHALLENGE)


def test_an_answer_is_hidden_and_is_not_a_password_to_remember(table: Element) -> None:
    page = parse(draw("login/matrix", prompt=MATRIX, **CHALLENGE))
    (answer,) = [field for field in page.all("input") if field.attributes.get("name") == "answer"]
    assert (answer.attributes["type"], answer.attributes["autocomplete"]) == ("password", "one-time-code")
    assert "value" not in answer.attributes
