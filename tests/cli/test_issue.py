"""`idp credential issue` for many: names, CSV lists, sheets of paper."""

from __future__ import annotations

import re
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from idp.cli import issue, slices
from idp.cli.context import Opened
from idp.cli.roster import Line, read
from storage import Transaction
from storage.records import User
from tests.cli.conftest import Office
from tests.config.folder import TENANT

CELLS = re.compile(r"(?:[A-L][1-4] ){5}[A-L][1-4]")
MAIL = "mail: {host: localhost, tls: none, sender: idp@example.com}\n"


@pytest.fixture
def people(office: Office) -> Office:
    for name in ("alice", "bob", "花子"):
        office.run("user", "add", name, "--display-name", name.title())
    return office


def issued(office: Office) -> int:
    return office.events().count("credential.issued")


def test_a_list_of_users_gets_patterns_printed_a_sheet_each(
    people: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few in a transaction, however many they are: who signs in meanwhile waits for no more."""
    monkeypatch.setattr(slices, "SLICE", 2)
    csv, paper = people.folder / "list.csv", people.folder / "patterns.html"
    csv.write_bytes('名前,Username\n"A, lice",ALICE\nはなこ,花子\n'.encode("cp932"))
    said = people.run(
        "credential", "issue", "bob", "matrix", "--from", str(csv), "--print", str(paper)
    ).stdout
    assert [line.split()[3].rstrip(",") for line in said.splitlines()] == ["bob", "alice", "花子"]
    assert not CELLS.search(said)
    assert stat.S_IMODE(paper.stat().st_mode) == 0o600
    page = paper.read_text()
    assert len(set(CELLS.findall(page))) == 3
    assert page.count('<section class="card sheet"') == 3
    assert "http" not in re.sub(r'https?://(www\.w3\.org|[a-z.]*example\.com|localhost)[^"< ]*', "", page)
    before = paper.read_bytes()
    again = people.run("credential", "issue", "bob", "matrix", "--print", str(paper), status=1).stderr
    assert "is there already" in again
    assert (paper.read_bytes(), issued(people)) == (before, 3), "and nothing was issued"


def test_a_list_may_be_in_either_encoding(tmp_path: Path) -> None:
    csv = tmp_path / "list.csv"
    for encoding in ("utf-8", "utf-8-sig", "cp932"):
        csv.write_bytes("Username,所属\n花子,総務\n".encode(encoding))
        assert [line.name for line in read(csv)] == ["花子"]


MISTAKES: dict[str | bytes, str] = {
    "name\nalice\n": ":1: one column is to be called username",
    "username,username\nalice,bob\n": ":1: one column is to be called username",
    "": ":1: one column is to be called username",
    "username\nalice\nalcie\nnobody\n": ":3: no user is called alcie, did you mean alice?",
    "username,x\nalice,1\n,2\n": ":3: there is no username",
    'username\n"alice\n': "is no CSV",
    b"username\n\x81\xff\n": "is neither UTF-8 nor Shift_JIS",
}


def test_a_list_with_a_mistake_gives_nobody_anything(people: Office) -> None:
    csv = people.folder / "list.csv"
    for text, words in MISTAKES.items():
        csv.write_bytes(text if isinstance(text, bytes) else text.encode())
        said = people.run("credential", "issue", "matrix", "--from", str(csv), status=1).stderr
        assert words in said, text
        assert "alcie" not in said or ":4: no user is called nobody" in said, "all mistakes at once"
    assert issued(people) == 0


def test_who_is_deleted_meanwhile_gets_none(people: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others do, and are told theirs."""
    looked = issue._people

    async def late(opened: Opened, tx: Transaction, lines: Sequence[Line], *, by_mail: bool) -> list[User]:
        found = list(await looked(opened, tx, lines, by_mail=by_mail))
        async with opened.transaction() as other:
            await other.users.delete(found[0].id)
        return found

    monkeypatch.setattr(issue, "_people", late)
    said = people.run("credential", "issue", "alice", "bob", "matrix")
    assert "alice was deleted meanwhile" in said.stderr
    assert "issued matrix of bob" in said.stdout and "of alice" not in said.stdout
    assert (issued(people), len(CELLS.findall(said.stdout))) == (1, 1)


def test_names_or_a_list_are_needed_and_one_way_out(people: Office) -> None:
    assert "NAMES" in people.run("credential", "issue", "matrix", status=2).stderr
    both = people.run("credential", "issue", "bob", "matrix", "--mail", "--print", "x.html", status=2).stderr
    assert "either --mail or --print" in both
    (people.folder / "tenants/acme/tenant.yaml").write_text(TENANT + MAIL)
    said = people.run("credential", "issue", "alice", "bob", "matrix", "--mail", status=1).stderr
    assert "alice has no mail address" in said and "bob has no mail address" in said
    assert issued(people) == 0
