"""`idp mail`, `idp credential issue`, and what is mailed about changes."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from tests.cli.conftest import Office
from tests.config.folder import TENANT, write

MAIL = "mail: {host: localhost, tls: none, sender: idp@example.com}\n"
PATTERN = ("--pattern", "A1 F2 K3 L4 C2 G1")


@pytest.fixture
def posted(office: Office) -> Office:
    """An office whose tenant has a mail server, which nobody runs; alice has an address, bob has none."""
    (office.folder / "tenants/acme/tenant.yaml").write_text(TENANT + MAIL)
    office.run("user", "add", "alice", "--email", "alice@example.com")
    office.run("user", "add", "bob")
    return office


def test_an_initial_pattern_is_drawn_for_paper(office: Office) -> None:
    office.run("user", "add", "alice")
    said = office.run("credential", "issue", "alice", "matrix", "--days", "3").stdout
    assert len(re.findall(r"^[*1-6]{4} [*1-6]{4} [*1-6]{4}$", said, re.MULTILINE)) == 4
    cells = re.search(r"^(?:[A-L][1-4] ){5}[A-L][1-4]$", said, re.MULTILINE)
    assert cells is not None and cells[0] not in office.run("audit", "show", "--json").stdout
    assert office.events() == ["user.added", "credential.issued"]
    assert [row["authenticator"] for row in office.rows("credential", "list", "alice")] == ["matrix"]


def test_it_is_mailed_only_where_that_can_be(office: Office, posted: Office) -> None:
    said = posted.run("credential", "issue", "bob", "matrix", "--mail", status=1).stderr
    assert "bob has no mail address" in said
    write(office.folder)
    said = office.run("credential", "issue", "alice", "matrix", "--mail", status=1).stderr
    assert "no mail server, set mail.host" in said
    assert office.rows("credential", "list", "alice") == office.rows("credential", "list", "bob") == []


def test_what_waits_is_listed_shown_and_deleted_without_what_it_says(posted: Office) -> None:
    said = posted.run("credential", "issue", "alice", "matrix", "--mail").stdout
    assert "\n\n" not in said
    (row,) = posted.rows("mail", "list")
    assert (row["kind"], row["user"], row["attempts"], row["failure"]) == ("welcome", "alice", 0, "")
    shown = posted.run("mail", "show", row["id"]).stdout
    assert "alice@example.com" in shown and not re.search(r"[A-L][1-4] [A-L][1-4]", shown)
    assert posted.rows("mail", "list", "--dead") == []
    posted.run("mail", "delete", row["id"])
    for words in (("show", row["id"]), ("delete", row["id"]), ("retry", row["id"])):
        assert "no mail is called" in posted.run("mail", *words, status=1).stderr
    assert posted.run("mail", "retry", "--all").stdout == "0 mails to be sent again\n"
    assert "give the ID of one mail, or --all" in posted.run("mail", "retry", status=2).stderr


def test_a_change_is_mailed_and_the_first_setting_is_none(posted: Office) -> None:
    posted.run("credential", "set", "alice", "matrix", *PATTERN)
    assert posted.rows("mail", "list") == []
    posted.run("credential", "set", "alice", "matrix", *PATTERN)
    posted.run("credential", "issue", "alice", "matrix")
    posted.run("credential", "reset", "alice", "matrix")
    assert [row["kind"] for row in posted.rows("mail", "list")] == ["changed"] * 3


def test_an_address_for_an_app_is_mailed_and_not_printed(posted: Office) -> None:
    said = posted.run("credential", "activate", "alice", "totp", "--mail").stdout
    assert "alice@example.com" in said and "code=" not in said
    assert [row["kind"] for row in posted.rows("mail", "list")] == ["activation"]
    posted.run("user", "add", "bare")
    assert (
        "no mail address" in posted.run("credential", "activate", "bare", "totp", "--mail", status=1).stderr
    )


def test_a_preview_shows_each_mail_in_each_language(posted: Office, tmp_path: Path) -> None:
    out = tmp_path / "reset.eml"
    said = posted.run("mail", "preview", "reset", "--locale", "en", "--out", str(out)).stdout
    assert "From: Acme <idp@example.com>" in said and "Subject: Acme: get a new pattern" in said
    assert "token=an-example" in said
    assert message_from_bytes(out.read_bytes(), policy=default)["Subject"] == "Acme: get a new pattern"
    assert "はじめてのサインイン" in posted.run("mail", "preview", "welcome").stdout
    assert (
        "the tenant speaks ja, en"
        in posted.run("mail", "preview", "welcome", "--locale", "fr", status=2).stderr
    )
