"""docs/changes.md, followed as it is written."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Office

GUIDE = (Path(__file__).parents[2] / "docs" / "changes.md").read_text()
BLOCK = re.compile(r"^```(sh|yaml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def steps() -> Iterator[tuple[str, str]]:
    """Each command, and each file with its text behind its name."""
    for kind, text in BLOCK.findall(GUIDE):
        if kind == "sh":
            yield from (("command", line) for line in text.splitlines())
        else:
            yield "file", text


def test_the_guide_can_be_followed(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two revisions and a way back; at the end the files are those of the first, and nothing would change."""
    monkeypatch.chdir(office.folder)
    before = (office.folder / "tenants/acme/policies.yaml").read_bytes()
    said: dict[str, str] = {}
    for kind, text in steps():
        if kind == "file":
            name, _, content = text.removeprefix("# ").partition("\n")
            (office.folder / name).write_text(content)
            continue
        program, *words = shlex.split(text)
        assert program == "idp"
        said[text] = office.run(*words).output
    assert len(said) == 10
    assert "Revision 1 (" in said['idp config apply --why "as it was"']
    planned = [line.strip() for line in said["idp config plan"].splitlines()]
    assert planned == ["Nothing would change."], "the last one"
    assert "+ rule the wiki needs two proofs" in said["idp config diff 1 2"]
    assert "tenant acme: 0 of 0 logins would flip" in said["idp policy rehearse --since 30d"]
    assert (office.folder / "tenants/acme/policies.yaml").read_bytes() == before
