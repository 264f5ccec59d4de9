"""`idp credential`."""

from __future__ import annotations

import asyncio

import pytest

from tests.cli.conftest import Office
from tests.cli.test_user import sign_in, user_id

PATTERN = "A1 F2 K3 L4 C2 G1"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def alice(office: Office) -> Office:
    office.run("user", "add", "alice")
    return office


def held(office: Office) -> list[str]:
    return sorted(row["authenticator"] for row in office.rows("credential", "list", "alice"))


def test_each_authenticator_takes_its_fields(alice: Office) -> None:
    alice.run("credential", "set", "alice", "matrix", "--pattern", PATTERN, "--phrase", "fixed")
    alice.run("credential", "set", "alice", "totp", "--secret", SECRET, "--pin", "1234")
    alice.run("credential", "set", "alice", "password", given="correct horse battery\n")
    assert held(alice) == ["matrix", "password", "totp"]
    assert alice.events() == ["user.added"] + ["credential.set"] * 3


def test_a_second_one_takes_the_place_of_the_first(alice: Office) -> None:
    for _ in range(2):
        alice.run("credential", "set", "alice", "matrix", "--pattern", PATTERN)
    assert held(alice) == ["matrix"]


def test_a_secret_is_read_from_standard_input_and_printed_nowhere(alice: Office) -> None:
    secret = "correct horse battery"
    said = alice.run("credential", "set", "alice", "password", given=f"{secret}\n").output
    pattern = alice.run("credential", "set", "alice", "matrix", given=f"{PATTERN}\n").output
    audit = alice.run("audit", "show", "--json").output
    assert secret not in said + audit and "F2" not in pattern and "A1 F2" not in audit


def test_a_password_is_given_for_the_first_login_only(alice: Office) -> None:
    alice.run("credential", "set", "alice", "password", "--must-change", given="correct horse battery\n")
    (event,) = [row for row in alice.rows("audit", "show") if row["event"] == "credential.set"]
    assert event["details"]["must_change"] is True
    said = alice.run("credential", "set", "alice", "matrix", "--must-change", given=f"{PATTERN}\n", status=2)
    assert "idp credential issue" in said.stderr


def test_nothing_on_standard_input_is_misuse(alice: Office) -> None:
    said = alice.run("credential", "set", "alice", "password", status=2).stderr
    assert "the password is expected on standard input" in said


def test_a_totp_secret_is_made_where_none_is_given_and_shown_once(alice: Office) -> None:
    said = alice.run("credential", "set", "alice", "totp").stdout
    assert "otpauth://totp/" in said and "secret=" in said
    assert "otpauth" not in alice.run("credential", "set", "alice", "totp", "--secret", SECRET).stdout


def test_what_breaks_a_rule_is_refused_in_words_and_keeps_what_was_there(alice: Office) -> None:
    alice.run("credential", "set", "alice", "matrix", "--pattern", PATTERN)
    before = alice.rows("credential", "list", "alice")
    said = alice.run("credential", "set", "alice", "matrix", "--pattern", "A1 A2 A3", status=1).stderr
    assert said.startswith("Error: ")
    assert alice.rows("credential", "list", "alice") == before


def test_an_option_of_another_authenticator_is_misuse(alice: Office) -> None:
    said = alice.run("credential", "set", "alice", "matrix", "--pattern", PATTERN, "--pin", "1", status=2)
    assert "--pin is not for matrix" in said.stderr


def test_an_authenticator_that_is_not_configured_is_refused(alice: Office) -> None:
    said = alice.run("credential", "set", "alice", "matrx", status=1).stderr
    assert said == "Error: tenant acme has no authenticator matrx, did you mean matrix?\n"


def test_resetting_takes_it_away_and_ends_sessions(alice: Office) -> None:
    alice.run("credential", "set", "alice", "matrix", "--pattern", PATTERN)
    user = user_id(alice, "alice")
    asyncio.run(alice.within(lambda tx: sign_in(tx, user)))
    assert alice.run("credential", "reset", "alice", "matrix").stdout == (
        "reset matrix of alice, ended 1 session\n"
    )
    assert held(alice) == []
    assert asyncio.run(alice.within(lambda tx: tx.grants.find("g"))) is None, "nor what a service got there"
    alice.run("credential", "reset", "alice", "matrix", status=1)
    assert alice.events()[-2:] == ["session.ended", "credential.reset"]


def test_another_master_key_opens_nothing(alice: Office) -> None:
    alice.run("credential", "set", "alice", "matrix", "--pattern", PATTERN)
    (alice.folder / "var" / "master.key").unlink()
    said = alice.run("credential", "set", "alice", "matrix", "--pattern", PATTERN, status=1).stderr
    assert "the master key does not open its data key" in said


@pytest.mark.parametrize("name", ["passkey", "recovery"])
def test_what_only_its_owner_can_make_is_given_to_nobody(alice: Office, name: str) -> None:
    (alice.folder / "tenants/acme/authenticators.yaml").write_text(f"matrix:\n{name}:\n")
    said = alice.run("credential", "set", "alice", name, status=1).stderr
    assert said.startswith(f"Error: {name} is given to nobody, its owner adds it at /account/")


def test_one_of_several_is_taken_away(alice: Office) -> None:
    alice.run("user", "add", "bob")
    for name in ("alice", "bob"):
        alice.run("credential", "set", name, "totp", "--secret", SECRET)
    ids = {name: alice.rows("credential", "list", name)[0]["id"] for name in ("alice", "bob")}
    for wrong in (ids["bob"], "x"):
        alice.run("credential", "reset", "alice", "totp", "--id", wrong, status=1)
    alice.run("credential", "reset", "alice", "totp", "--id", ids["alice"])
    assert held(alice) == []
    assert len(alice.rows("credential", "list", "bob")) == 1
