"""`idp user import`, `idp user export`."""

from __future__ import annotations

import csv
import io
import json
import stat
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from idp.cli import people, slices
from idp.cli.context import Opened
from idp.cli.roster import Line
from storage import StorageError, Transaction
from storage.records import User
from tests.cli.conftest import AUTHENTICATORS, Office
from tests.config.folder import TENANT, write

DOMAINS = "domains: {corp: {}}\nattributes: {floor: number, contractor: boolean, badges: texts}\n"
LIST = """\
Username,display_name,email,groups,disabled,family_name#ja-Kana-JP,address.country,floor,badges,phone_number
hanako,山田 花子,hanako@example.com,"staff, sales",,ヤマダ,日本,3,"red,blue",'+81 3 1234 5678
TARO@corp,佐藤 太郎,,staff,true,,,,,
jiro,,,,,,,,,
"""
KEPT = {
    "family_name#ja-Kana-JP": "ヤマダ",
    "address": {"country": "日本"},
    "floor": 3,
    "badges": ["red", "blue"],
    "phone_number": "+81 3 1234 5678",
}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return new(tmp_path / "one")


def new(folder: Path) -> Office:
    folder.mkdir()
    files = {"tenants__acme__tenant": TENANT + DOMAINS, "tenants__acme__authenticators": AUTHENTICATORS}
    office = Office(write(folder, **files))
    office.run("storage", "migrate")
    return office


def given(office: Office, text: str, encoding: str = "utf-8") -> str:
    file = office.folder / "list.csv"
    file.write_bytes(text.encode(encoding))
    return str(file)


def about(office: Office, name: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(office.run("user", "show", name, "--json").stdout)
    return record


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_people_of_a_list_are_added(office: Office, encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few in a transaction, however many they are: who signs in meanwhile waits for no more."""
    monkeypatch.setattr(slices, "SLICE", 2)
    said = office.run("user", "import", given(office, LIST, encoding)).stdout
    assert said == "added 3 users\n"
    hanako, taro = about(office, "hanako"), about(office, "taro@corp")
    assert (hanako["display_name"], hanako["email"]) == ("山田 花子", "hanako@example.com")
    assert (hanako["groups"], hanako["attributes"]) == (["sales", "staff"], KEPT)
    assert hanako["disabled_at"] is None and taro["disabled_at"] is not None, "who was out stays out"
    assert office.events() == ["user.added", "user.added", "user.disabled", "user.added"]


def test_what_is_exported_can_be_imported(office: Office, tmp_path: Path) -> None:
    office.run("user", "import", given(office, LIST))
    office.run("user", "set", "jiro", "contractor=true", "name==1+1")
    for encoding in ("utf-8", "shift_jis"):
        file, other = tmp_path / f"{encoding}.csv", new(tmp_path / encoding)
        office.run("user", "export", "--out", str(file), "--encoding", encoding)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        other.run("user", "import", str(file))
        for name in ("hanako", "taro@corp", "jiro"):
            there, here = about(other, name), about(office, name)
            same = ("username", "domain", "display_name", "email", "groups", "attributes")
            assert [there[each] for each in same] == [here[each] for each in same]
            assert (there["disabled_at"] is None) == (here["disabled_at"] is None)


def test_an_export_is_a_table_of_everybody_for_spreadsheets(office: Office) -> None:
    """A formula in it would be computed by whoever opens it."""
    office.run("user", "import", given(office, LIST))
    office.run("user", "set", "jiro", "name==1+1")
    text = office.run("user", "export").stdout_bytes.decode()
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text[1:])))
    assert [row["username"] for row in rows] == ["hanako", "jiro", "taro@corp"]
    assert (rows[0]["groups"], rows[0]["phone_number"]) == ("sales,staff", "'+81 3 1234 5678")
    assert rows[1]["display_name"] == "'=1+1"


def test_what_a_list_cannot_say_is_not_left_out(office: Office, tmp_path: Path) -> None:
    file = tmp_path / "all.csv"
    office.run("user", "add", "kichi", "--display-name", "𠮷田")
    lacking = office.run("user", "export", "--encoding", "shift_jis", "--out", str(file), status=1).stderr
    assert "shift_jis has no 𠮷" in lacking
    office.run("user", "add", "x", "--group", "a,b")
    assert "the group a,b of x" in office.run("user", "export", "--out", str(file), status=1).stderr
    assert not file.exists()


def test_what_a_spreadsheet_made_of_a_list_is_read(office: Office) -> None:
    """It writes truth in capitals."""
    text = "username,disabled,contractor\na,TRUE,FALSE\nb,False,True\n"
    office.run("user", "import", given(office, text))
    a, b = about(office, "a"), about(office, "b")
    assert a["disabled_at"] is not None and b["disabled_at"] is None
    assert (a["attributes"], b["attributes"]) == ({"contractor": False}, {"contractor": True})


def test_names_that_look_like_formulas_come_back_as_they_were(office: Office, tmp_path: Path) -> None:
    names = ["+alice", "'+bob", "@carol", "'dave"]
    for name in names:
        office.run("user", "add", name)
    file, other = tmp_path / "all.csv", new(tmp_path / "other")
    office.run("user", "export", "--out", str(file))
    other.run("user", "import", str(file))
    assert sorted(row["username"] for row in other.rows("user", "list")) == sorted(names)


MISTAKES = {
    "name\nalice\n": [":1: one column is to be called username"],
    "username,emial\nalice,x\n": [":1: there is no attribute emial, did you mean email?"],
    "username,name,display_name\na,b,c\n": [":1: there are two columns of name"],
    "username,em\u200bail\x1b[2J\nalice,x\n": [r":1: the heading 'em\u200bail\x1b[2j' has characters that"],
    "username,groups\na,x\0y\n": [":2: a group has characters that cannot be seen"],
    "username\na\nb,c\n": [":3: has more columns than the first line names"],
    "username,email,floor,disabled\nanna,x,up,\nold,,,\nanna,,1,maybe\nbea,,,\nBea,,,\n": [
        ":2: email must be an address",
        ":2: floor must be a whole number",
        ":3: there is a user old already",
        ":4: disabled must be true or false",
        ":6: there is a user bea already",
    ],
}


def test_a_list_with_a_mistake_adds_nobody(office: Office) -> None:
    """All mistakes at once, each with its line."""
    office.run("user", "add", "old")
    for text, words in MISTAKES.items():
        said = office.run("user", "import", given(office, text), status=1).stderr
        assert [each for each in words if each not in said] == []
        assert len(said.splitlines()) == len(words)
    assert [row["username"] for row in office.rows("user", "list")] == ["old"]


def test_who_is_added_meanwhile_by_somebody_else_ends_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it is said how far it came."""
    looked = people._people

    async def late(opened: Opened, tx: Transaction, lines: Sequence[Line]) -> Sequence[User]:
        found = await looked(opened, tx, lines)
        async with opened.transaction() as other:
            await other.users.add(replace(found[2], id="other"))
        return found

    monkeypatch.setattr(people, "_people", late)
    monkeypatch.setattr(slices, "SLICE", 2)
    said = office.run("user", "import", given(office, LIST), status=1).stderr
    assert "somebody else adds people too: the first 2 users of the list are added" in said
    assert len(office.rows("user", "list")) == 3


def test_how_far_it_came_is_said_when_the_database_goes_away(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = people._add

    async def ending(opened: Opened, tx: Transaction, person: User) -> None:
        if person.username == "jiro":
            raise StorageError("the connection was lost")
        await added(opened, tx, person)

    monkeypatch.setattr(people, "_add", ending)
    monkeypatch.setattr(slices, "SLICE", 2)
    said = office.run("user", "import", given(office, LIST), status=1).stderr
    assert "the connection was lost: the first 2 users of the list are added" in said
    assert len(office.rows("user", "list")) == 2


def test_a_dry_run_adds_nobody(office: Office) -> None:
    assert office.run("user", "import", given(office, LIST), "--dry-run").stdout == "would add 3 users\n"
    assert office.rows("user", "list") == []
