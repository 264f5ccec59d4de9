"""`idp token`, and `idp credential activate`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from idp.authenticators import hotp
from tests.cli.conftest import Office
from tests.cli.test_user import sign_in, user_id
from tests.hardware.container import FIGURE_6, FIGURE_7, KEY_6, PASSWORD_7

SEED = b"12345678901234567890"
LIST = f"serial,secret_hex,kind\nA-1,{SEED.hex()},hotp\nA-2,{SEED.hex()},totp\n"


@pytest.fixture
def stocked(office: Office, tmp_path: Path) -> Office:
    """With alice and two tokens."""
    office.run("user", "add", "alice")
    office.run("token", "import", str(written(tmp_path, LIST.encode())))
    return office


def written(folder: Path, text: bytes) -> Path:
    file = folder / "tokens.list"
    file.write_bytes(text)
    return file


def states(office: Office) -> dict[str, tuple[str, str | None]]:
    return {row["serial"]: (row["state"], row["user"]) for row in office.rows("token", "list")}


def code(counter: int) -> str:
    return hotp.code(SEED, counter, 6, "sha1")


def test_a_dry_run_says_everything_and_changes_nothing(office: Office, tmp_path: Path) -> None:
    file = written(tmp_path, LIST.encode())
    assert office.run("token", "import", str(file), "--dry-run").stdout == "would import 2 tokens\n"
    assert states(office) == {}
    office.run("token", "import", str(file))
    more = written(tmp_path, (LIST + "A-3,xyz,hotp\nA-4,3132,hotp\n").encode())
    for options in (("--dry-run",), ()):
        said = office.run("token", "import", str(more), *options, status=1).stderr.splitlines()
        assert said[0] == "Error: nothing was imported"
        assert [line.removeprefix(f"{more}:").partition(":")[0] for line in said[1:]] == ["2", "3", "4", "5"]
    assert states(office) == {"A-1": ("in stock", None), "A-2": ("in stock", None)}
    assert office.events() == ["token.imported"]


@pytest.mark.parametrize(
    ("document", "secret"), [(FIGURE_6, KEY_6), (FIGURE_7, PASSWORD_7)], ids=["key", "password"]
)
def test_an_encrypted_container_asks_for_its_key(
    office: Office, tmp_path: Path, document: bytes, secret: str
) -> None:
    """THREAT_MODEL.md 33: Secrets are never shown, not those of a maker's list either."""
    file = str(written(tmp_path, document))
    said = office.run("token", "import", file, given="00" * 16 + "\n", status=1).stderr
    assert "another key or password" in said
    told = office.run("token", "import", file, given=f"{secret}\n").output
    shown = told + office.run("token", "list", "--json").output + office.run("audit", "show", "--json").output
    assert "987654321" in shown
    for hidden in (secret, SEED.decode(), SEED.hex()):
        assert hidden not in shown


def test_a_token_is_assigned_taken_back_and_lost(stocked: Office) -> None:
    assert stocked.run("token", "assign", "A-1", "alice", "--pin", "1234").stdout == "assigned A-1 to alice\n"
    said = stocked.run("token", "assign", "A-1", "alice", status=1).stderr
    assert said == "Error: token A-1 is with alice\n"
    assert stocked.rows("credential", "list", "alice")[0]["name"] == "A-1"
    stocked.run("token", "unassign", "A-1")
    stocked.run("token", "unassign", "A-1", status=1)
    assert states(stocked)["A-1"] == ("in stock", None)
    stocked.run("token", "assign", "A-1", "alice")
    alice = user_id(stocked, "alice")
    asyncio.run(stocked.within(lambda tx: sign_in(tx, alice)))
    assert stocked.run("token", "lost", "A-1").stdout == "A-1 is lost, ended 1 session\n"
    stocked.run("token", "lost", "A-1", status=1)
    assert states(stocked)["A-1"] == ("lost", None)
    assert stocked.run("token", "assign", "A-1", "alice", status=1).stderr == "Error: token A-1 is lost\n"
    assert stocked.rows("credential", "list", "alice") == []
    assert stocked.events()[2:] == [
        "token.assigned",
        "token.unassigned",
        "token.assigned",
        "session.ended",
        "token.lost",
    ]


def test_two_codes_bring_a_token_back_in_step(stocked: Office) -> None:
    stocked.run("token", "assign", "A-1", "alice")
    said = stocked.run("token", "resync", "A-1", code(200), code(202), status=1).stderr
    assert "no two codes" in said
    stocked.run("token", "resync", "A-1", code(200), code(201))
    stocked.run("token", "resync", "A-1", code(200), code(201), status=1)
    assert stocked.events()[-1] == "token.resynchronised"


@pytest.mark.parametrize("words", [("assign", "B", "alice"), ("unassign", "B"), ("lost", "B")])
def test_a_token_that_is_not_there(stocked: Office, words: tuple[str, ...]) -> None:
    assert stocked.run("token", *words, status=1).stderr == "Error: there is no token B\n"


def test_an_address_is_printed_and_nothing_of_it_is_kept_in_clear(stocked: Office) -> None:
    stocked.run("credential", "set", "alice", "totp")
    stocked.run("token", "assign", "A-2", "alice")
    alice = user_id(stocked, "alice")
    asyncio.run(stocked.within(lambda tx: sign_in(tx, alice)))
    told = stocked.run("credential", "activate", "alice", "totp")
    address = told.stdout.strip()
    assert address.startswith("https://login.example.com/activate?code=")
    assert told.stderr == "valid for 7 days, ended 1 session\n"
    names = [row["name"] for row in stocked.rows("credential", "list", "alice")]
    assert names == ["A-2"], "hardware stays, apps go"
    secret = address.partition("=")[2]
    database = (stocked.folder / "var" / "masugata.db").read_bytes()
    assert secret.encode() not in database
    assert secret not in stocked.run("audit", "show", "--json").output
    assert stocked.events()[-2:] == ["activation.issued", "session.ended"]
