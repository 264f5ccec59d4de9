"""`idp password`, and what an administrator is told of a password that may not be chosen."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from idp.cli import main
from tests.cli.conftest import Office
from tests.config.folder import mistakes, write

STOLEN = "stolen from somewhere"


@pytest.fixture
def filtered(tmp_path: Path) -> Office:
    """With a list that has one password."""
    (tmp_path / "list").write_text(f"{STOLEN}\n")
    settings = "password:\n  breached: breached.filter\n  words: [Umbrella]\n"
    office = Office(write(tmp_path, tenants__acme__authenticators=f"matrix:\ntotp:\n{settings}"))
    built = office.runner.invoke(*_main("build", f"{tmp_path}/list", "--out", f"{tmp_path}/breached.filter"))
    assert built.output.startswith("passwords: 1; of others fewer than 1 in 1000000 ")
    office.run("storage", "migrate")
    return office


def _main(*words: str) -> tuple[object, list[str]]:
    return main, ["password", "filter", *words]


def test_each_refusal_says_which_rule(filtered: Office) -> None:
    filtered.run("user", "add", "alice")
    for given, words in {
        STOLEN: "on the list of those that were stolen",
        "password1": "among the first that everybody tries",
        "acme-wiki-2025": "must not be made of names",
        "umbrella2025": "must not be made of names",
        "short": "at least 8 characters",
    }.items():
        said = filtered.run("credential", "set", "alice", "password", given=f"{given}\n", status=1).output
        assert words in said
        assert given not in said
    filtered.run("credential", "set", "alice", "password", given="not on any list\n")


def test_a_list_says_what_it_was_made_of(filtered: Office) -> None:
    file = str(filtered.folder / "breached.filter")
    for given, said in ((STOLEN, "on the list"), ("another", "not on the list")):
        shown = filtered.runner.invoke(*_main("show", file, "--password"), input=f"{given}\n")
        assert shown.output.splitlines()[1] == said
    refused = filtered.runner.invoke(*_main("show", str(filtered.folder / "idp.yaml")))
    assert refused.exit_code == 1
    assert "is no list of breached passwords" in refused.output


def test_a_list_that_cannot_be_read_is_a_mistake(tmp_path: Path) -> None:
    settings = "matrix:\ntotp:\npassword: {breached: breached.filter}\n"
    (told,) = mistakes(write(tmp_path, tenants__acme__authenticators=settings))
    assert "authenticators.yaml:3:" in told and "cannot read breached.filter" in told
    (tmp_path / "breached.filter").write_text("password\n")
    (told,) = mistakes(tmp_path)
    assert told.endswith("is no list of breached passwords, idp password filter build makes one")


def test_a_list_takes_its_room_before_it_is_filled(tmp_path: Path) -> None:
    """Whoever maps a hole is killed where the disk turns out to be full."""
    source, out = tmp_path / "list", tmp_path / "out"
    source.write_text("\n" * 100_000 + "word\n")
    assert CliRunner().invoke(*_main("build", str(source), "--out", str(out))).exit_code == 0
    made = out.stat()
    assert made.st_blocks * 512 >= made.st_size > 200_000
    above = str(source / "out")
    refused = CliRunner().invoke(*_main("build", str(source), "--out", above))
    assert refused.output == f"Error: cannot make {above} of {source}: not a directory\n"
