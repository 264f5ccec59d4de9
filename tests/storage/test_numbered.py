"""`storage.numbered`: the text that SQLite is given, and the values in their order."""

from __future__ import annotations

from storage.numbered import numbered


def test_a_name_has_one_number_however_often_it_stands_there() -> None:
    text, pick = numbered("UPDATE t SET a = :a, b = b + :b WHERE tenant = :tenant AND a < :a")
    assert text == "UPDATE t SET a = ?1, b = b + ?2 WHERE tenant = ?3 AND a < ?1"
    assert [*pick({"tenant": "demo", "b": 2, "a": 1, "unasked": 9})] == [1, 2, "demo"]


def test_one_value_and_none_are_picked_like_several() -> None:
    text, pick = numbered("SELECT 1 FROM t WHERE tenant = :tenant AND owner >= 'day:'")
    assert (text, [*pick({"tenant": "demo"})]) == (
        "SELECT 1 FROM t WHERE tenant = ?1 AND owner >= 'day:'",
        ["demo"],
    )
    text, pick = numbered("SAVEPOINT body")
    assert (text, [*pick({})]) == ("SAVEPOINT body", [])
