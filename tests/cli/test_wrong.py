"""What goes wrong under a command's hands is told in one sentence, and leaves nothing behind."""

from __future__ import annotations

import getpass
import multiprocessing
import os
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from idp.cli import applying, crew, main
from idp.cli.crew import Work
from idp.cli.probe import _replace
from idp.cli.written import new_file, replaced_file
from tests.cli.conftest import Office
from tests.server import eventually

LATIN = os.fsdecode(b"m\xfcller")  # as a shell hands it over whose terminal is no UTF-8


@pytest.fixture
def acme(office: Office) -> Office:
    office.run("user", "add", "alice", "--email", "alice@example.com")
    return office


def test_an_argument_in_another_encoding_is_named(acme: Office) -> None:
    for words in (
        ("user", "show", LATIN),
        ("user", "add", "bob", "--group", LATIN),
        ("audit", "show", "--reference", LATIN),
        ("config", "apply", "--why", LATIN),
        ("client", "token", "add", "--note", LATIN),
        ("credential", "set", "alice", "matrix", "--phrase", LATIN),
    ):
        said = acme.run(*words, status=2).stderr
        assert "is not in UTF-8" in said
        assert "ller" not in said, "it may be a secret"


def test_a_command_that_is_not_there_has_a_neighbour(acme: Office) -> None:
    assert "did you mean user?" in acme.run("usr", status=2).stderr


def test_a_master_key_that_is_none_ends_a_command_with_words(acme: Office) -> None:
    key = acme.folder / "var/master.key"
    acme.run("config", "apply", "--why", "first")
    for text, words in (("", "it is 0"), ("*", "must be base64")):
        key.write_text(text)
        for command in (("user", "list"), ("key", "rotate"), ("config", "history")):
            assert words in acme.run(*command, status=1).stderr
    key.unlink()
    key.mkdir()
    assert f"cannot read the master key: {key}: is a directory" in acme.run("user", "list", status=1).stderr
    key.rmdir()  # a fresh one is made then
    said = acme.run("user", "list", status=1).stderr
    assert "revisions: the master key does not open its data key, the database was made with another" in said


def test_where_nothing_can_be_written_is_told_without_a_number(acme: Office) -> None:
    file = acme.folder / "idp.yaml"
    below = str(file / "x")
    for words in (
        ("mail", "preview", "welcome", "--out", below),
        ("audit", "export", "--out", below),
        ("authority", "issue", "alice", "--out", below),
        ("credential", "issue", "alice", "matrix", "--print", below),
    ):
        if words[0] == "authority":
            (acme.folder / "tenants/acme/authenticators.yaml").write_text(
                "matrix:\ncertificate: {issue: by_operator}\n"
            )
        said = acme.run(*words, status=1).stderr
        assert "not a directory" in said and str(file) in said and "Errno" not in said
    assert acme.rows("credential", "list", "alice") == []


def test_a_file_for_a_collector_is_called_as_it_was_asked_for(tmp_path: Path) -> None:
    with pytest.raises(
        click.ClickException, match=r"^cannot write /.*/gone/metrics: no such file or directory$"
    ):
        _replace(tmp_path / "gone" / "metrics", "")


def test_rules_that_cannot_be_read_are_not_said_to_be_none(office: Office) -> None:
    rules = office.folder / "tenants/acme/policies.yaml"
    for text, is_none in ((b"", True), (b"- [", False), (b"\xff", False)):
        rules.write_bytes(text)
        said = office.run("config", "check", status=0 if is_none else 1).stdout
        assert ("there is no rule" in said) is is_none
    rules.unlink()
    assert "there is no rule" in office.run("config", "check").stdout


def test_theme_preview_knows_the_folder_by_its_variable() -> None:
    found = main.get_command(click.Context(main), "theme")
    assert isinstance(found, click.Group)
    options = {each.name: each for each in found.commands["preview"].params}
    assert options["config"].envvar == "MASUGATA_CONFIG"


def test_an_export_takes_the_place_of_the_one_before_when_it_is_whole(acme: Office) -> None:
    folder = acme.folder / "out"
    folder.mkdir()
    file, link = folder / "log.csv", folder / "link"
    file.write_text("of yesterday")
    file.chmod(0o644)
    link.symlink_to(file)
    words = ("audit", "export", "--format", "csv", "--out", str(link))
    for which, hint in (
        (("--event", "user.aded"), "no event is called user.aded, did you mean user.added?"),
        (("--user", "alcie"), "no user is called alcie, did you mean alice?"),
        (("--service", "wkii"), "no service is called wkii, did you mean wiki?"),
    ):
        assert hint in acme.run(*words, *which, status=1).stderr
        assert file.read_text() == "of yesterday"
    acme.run(*words, "--user", "ALICE")
    assert file.stat().st_mode & 0o777 == 0o600
    assert link.is_symlink() and sorted(folder.iterdir()) == [link, file]
    acme.run(*words, "--event", "user.erased")  # there is such an event, and nothing of it


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with replaced_file(pipe) as file:
        file.write(b"all")
    assert os.read(reading, 10) == b"all" and pipe.is_fifo()
    os.close(reading)


def test_a_link_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to(tmp_path / "other")
    (tmp_path / "other").symlink_to(tmp_path / "one")
    told = pytest.raises(click.ClickException, match="too many levels of symbolic links")
    with told, replaced_file(tmp_path / "one"):
        pass


def test_a_new_file_goes_again_with_what_failed(acme: Office, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    with pytest.raises(KeyboardInterrupt), new_file(file) as written:
        written.write(b"half")
        raise KeyboardInterrupt
    assert not file.exists()
    acme.run("credential", "issue", "alice", "nobody", "matrix", "--print", str(file), status=1)
    assert not file.exists(), "so that the next try finds room"


def test_an_anchor_that_is_none_is_no_end_in_tears(acme: Office) -> None:
    (acme.folder / "keys.json").write_bytes(b"\xff\xfe\x00")
    log, keys = acme.folder / "log", acme.folder / "keys.json"
    log.write_bytes(b"\x80\n")
    said = acme.run("audit", "verify", str(log), "--keys", str(keys), "--anchor", str(log), status=1).stderr
    assert "is no JWK Set" in said
    assert acme.run("audit", "verify", "--anchor", str(log), status=1).stderr.startswith("Error: ")


def test_what_is_said_of_a_new_user_is_looked_at(acme: Office) -> None:
    for words, hint in (
        (("--email", "no mail"), "email must be an address"),
        (("--email", "a@b\nBcc: c@d"), "email must be text"),
    ):
        assert hint in acme.run("user", "add", "bob", *words, status=1).stderr
    assert "a group has a name" in acme.run("user", "add", "bob", "--group", "", status=2).stderr
    acme.run("user", "add", "bob", "--email", "")
    assert [row["username"] for row in acme.rows("user", "list")] == ["alice", "bob"]


def test_a_program_is_told_in_no_prose_that_there_is_no_revision(office: Office) -> None:
    refused = office.run("config", "plan", "--json", status=1)
    assert refused.stdout == "" and "There is no revision" in refused.stderr
    assert "There is no revision" in office.run("config", "plan").stdout


def test_a_revision_has_a_reason_and_somebody_who_made_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "say why" in office.run("config", "apply", "--why", " ", status=2).stderr
    for name in ("SUDO_USER", "LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 3_999_999_999)  # in a container: nobody's in /etc/passwd
    with pytest.raises((KeyError, OSError)):
        getpass.getuser()
    office.run("config", "apply", "--why", " first ")
    (row,) = office.rows("config", "history")
    assert (row["author"], row["reason"]) == (applying._me(), "first")
    assert row["author"] == "uid 3999999999"
    office.run("config", "history", "--limit", "9" * 20, status=2)


@pytest.fixture
def silent() -> Iterator[str]:
    """The URL of a database that never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"postgresql://nobody@127.0.0.1:{listener.getsockname()[1]}/nothing"


async def test_ctrl_c_is_not_told_once_for_each_core(silent: str) -> None:
    """The terminal sends it to all of them; the one whom somebody talks to says so, and ends the others."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=crew._told, args=(Work(silent, "acme", ((), ()), 0, 1), theirs))
    process.start()
    status = Path(f"/proc/{process.pid}/status")
    try:
        await eventually(lambda: _ignored(status) >> (signal.SIGINT - 1) & 1)
    finally:
        process.kill()
        process.join()
        ours.close()
        theirs.close()


def _ignored(status: Path) -> int:
    return int(re.findall(r"SigIgn:\s*([0-9a-f]+)", status.read_text())[0], 16)
