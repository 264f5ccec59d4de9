"""Identifiers that begin with a dash, as one in 64 does."""

from __future__ import annotations

import pytest

from keys.jws import SigningKey
from tests.cli.conftest import Office

COMMANDS = (
    ("session", "end"),
    ("client", "show"),
    ("client", "delete", "--yes"),
    ("client", "token", "delete"),
)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("name", ["-c23456789012345678901", "--34567890123456789_01"], ids=["one", "two"])
def test_an_identifier_may_begin_with_a_dash(office: Office, words: tuple[str, ...], name: str) -> None:
    """Its letters are no options either: `-c` would be one."""
    assert name in office.run(*words, name, status=1).stderr


def test_a_key_whose_kid_begins_with_a_dash_is_retired(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the options stand."""
    keys = iter(lambda: SigningKey.generate("ES256"), None)
    dashed = next(key for key in keys if key.kid.startswith("-"))
    with monkeypatch.context() as patch:
        patch.setattr(SigningKey, "generate", lambda _alg: dashed)
        office.run("key", "rotate", "--alg", "ES256")
    for _ in range(2):
        office.run("key", "rotate", "--alg", "ES256", "--force")
    assert {row["state"] for row in office.rows("key", "list") if row["kid"] == dashed.kid} == {"retired"}
    office.run("key", "retire", dashed.kid, "--forget", "--force")
    assert dashed.kid not in {row["kid"] for row in office.rows("key", "list")}


def test_what_is_no_identifier_is_still_an_unknown_option(office: Office) -> None:
    assert "No such option" in office.run("key", "retire", "--forgot", "kid", status=2).stderr
