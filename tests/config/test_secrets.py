"""Where a secret lies, and that it is found there and shown nowhere."""

import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from idp.config.model import Model
from idp.config.secrets import SecretReading, SecretValue
from keys.secret import Secret


class Holder(Model):
    secret: SecretValue | None = None


def read(value: Any, reading: SecretReading) -> Secret:
    secret = Holder.model_validate({"secret": value}, context=reading).secret
    assert secret is not None
    return secret


def refusal(value: Any, folder: Path) -> str:
    with pytest.raises(ValidationError) as caught:
        read(value, SecretReading(folder))
    (error,) = caught.value.errors()
    return str(error.get("ctx", {}).get("error", error["msg"]))


def test_a_file_is_found_from_the_configuration_folder(tmp_path: Path) -> None:
    file = tmp_path / "wiki"
    file.write_text("s3cret\n")
    file.chmod(0o600)
    reading = SecretReading(tmp_path)
    assert read({"file": "wiki"}, reading).reveal() == "s3cret"
    assert read({"file": str(file)}, reading).reveal() == "s3cret"
    assert reading.warnings == []


def test_a_file_that_others_may_read_is_dubious(tmp_path: Path) -> None:
    file = tmp_path / "wiki"
    file.write_text("s3cret")
    file.chmod(0o644)
    reading = SecretReading(tmp_path)
    read({"file": "wiki"}, reading)
    assert reading.warnings == [(file, "others may read this secret (mode 0644), chmod 600 it")]


def test_the_environment_holds_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIKI_SECRET", " blanks count ")
    assert read({"env": "WIKI_SECRET"}, SecretReading(tmp_path)).reveal() == " blanks count "


def test_a_command_prints_one_and_no_shell_reads_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; print(sys.argv[1])", "$HOME; id"]
    assert read({"command": command}, SecretReading(tmp_path)).reveal() == "$HOME; id"


def test_a_plain_string_is_for_the_demo_only(tmp_path: Path) -> None:
    assert read("s3cret", SecretReading(tmp_path, plain=True)).reveal() == "s3cret"
    assert "only in a demo tenant" in refusal("s3cret", tmp_path)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ({"file": "nowhere"}, "cannot read {folder}/nowhere: no such file or directory"),
        ({"file": "."}, "cannot read {folder}: is a directory"),
        ({"file": "empty"}, "the secret is empty"),
        ({"file": "binary"}, "the secret is not UTF-8 text"),
        ({"file": "long"}, "the secret is longer than 65536 bytes"),
        ({"env": "NO_SUCH_VARIABLE"}, "the environment variable NO_SUCH_VARIABLE is not set"),
        ({"command": ["false"]}, "the command false failed with exit status 1"),
        ({"command": ["no-such-command"]}, "cannot run no-such-command: no such file or directory"),
        ({"file": "a", "env": "B"}, "give exactly one of file, env or command"),
        ({}, "give exactly one of file, env or command"),
    ],
)
def test_a_secret_that_is_not_there_is_told_in_words(tmp_path: Path, source: Any, words: str) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "long").write_bytes(b"x" * 65_537)
    assert refusal(source, tmp_path) == words.format(folder=tmp_path)


def test_it_is_masked_wherever_a_model_is_shown(tmp_path: Path) -> None:
    holder = Holder.model_validate({"secret": "s3cret"}, context=SecretReading(tmp_path, plain=True))
    assert "s3cret" not in f"{holder!r} {holder.model_dump()} {holder.model_dump_json()}"
