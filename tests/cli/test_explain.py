"""`idp policy explain`: the rules tried, what failed on what, and what follows."""

from __future__ import annotations

import pytest

from tests.cli.conftest import AUTHENTICATORS, Office
from tests.config.folder import TENANT, write

RULES = """\
- {name: night, when: {hours: "22:00-05:00"}, then: {deny: {en: Sleep.}}}
- {name: office, when: {groups: [staff], networks: [office]}, then: {require: [matrix]}}
- {name: lately, when: {groups: [staff], proofs: {given: [totp], within_seconds: 3600}}, then: allow}
- {name: travel, when: {groups: [staff]}, then: {require: [matrix, {any: [totp, password]}]}}
"""
AT = ("--at", "2027-01-15 12:00")


@pytest.fixture
def desk(office: Office) -> Office:
    networks = "networks: {office: [192.0.2.0/24, 2001:db8::/32]}\n"
    rules = {"tenants__acme__policies": RULES, "tenants__acme__tenant": TENANT + networks}
    write(office.folder, tenants__acme__authenticators=AUTHENTICATORS, **rules)
    office.run("user", "add", "alice", "--group", "staff")
    return office


def explain(desk: Office, *words: str) -> str:
    return desk.run("policy", "explain", "--user", "alice", "--service", "wiki", *words).stdout


def test_each_rule_that_was_tried_says_what_failed_on_what(desk: Office) -> None:
    assert explain(desk, "--address", "198.51.100.7", *AT).splitlines() == [
        "alice → wiki by oidc, from 198.51.100.7, 2027-01-15 12:00:00+09:00",
        "  night: no: hours Fri 12:00, wants 22:00-05:00",
        "  office: no: networks 198.51.100.7, wants office",
        "  lately: no: proofs none, wants totp within 3600 s; signed in false, wants true",
        "  travel: matches",
        "let in after matrix, then totp; or after matrix, then password",
    ]
    inside = explain(desk, "--address", "2001:db8::7", *AT)
    assert inside.splitlines()[-2:] == ["  office: matches", "let in after matrix"]
    late = explain(desk, "--address", "192.0.2.7", "--at", "2027-01-15T14:30+00:00")
    assert late.splitlines()[-1] == "denied: hours 22:00-05:00"
    desk.run("user", "disable", "alice")
    said = explain(desk, "--address", "192.0.2.7", *AT).splitlines()
    assert said[-2:] == ["let in after matrix", "but alice is disabled, and let in nowhere"]


def test_what_the_session_has_proven_counts(desk: Office) -> None:
    said = explain(desk, "--address", "198.51.100.7", *AT, "--proof", "totp=60")
    assert said.splitlines()[-1] == "let in with what the session has proven"
    both = explain(desk, "--address", "192.0.2.7", *AT, "--proof", "matrix=60")
    assert both.splitlines()[-1] == "let in with what the session has proven"
    old = explain(desk, "--address", "198.51.100.7", *AT, "--proof", "totp=3601")
    assert "lately: no: proofs totp 3601 s ago" in old


def test_machines_are_told_the_same(desk: Office) -> None:
    where = ("--address", "198.51.100.7", *AT, "--device", "known", "--json")
    (row,) = [desk.rows("policy", "explain", "--user", "alice", "--service", "wiki", *where[:-1])]
    assert isinstance(row, dict)
    assert (row["outcome"], row["rule"], row["because"]) == ("require", "travel", ["outside"])
    assert row["ways"] == [["matrix", "totp"], ["matrix", "password"]]
    assert row["attempt"]["groups"] == ["staff"] and row["attempt"]["known"] is True
    assert row["tried"][1] == {
        "rule": "office",
        "matches": False,
        "failed": [{"condition": "networks", "wanted": "office", "seen": "198.51.100.7"}],
    }


def test_with_a_revision_in_force_the_files_are_asked_by_name(desk: Office) -> None:
    where = ("policy", "explain", "--user", "alice", "--service", "wiki", "--address", "192.0.2.7", *AT)
    desk.run("config", "apply", "--why", "as it was")
    assert desk.run(*where).stderr == ""
    policies = desk.folder / "tenants" / "acme" / "policies.yaml"
    policies.write_text(RULES.replace("[matrix]}", "[totp]}"))
    stale = desk.run(*where)
    assert stale.stdout.splitlines()[-1] == "let in after matrix" and "--files" in stale.stderr
    edited = desk.run(*where, "--files")
    assert edited.stdout.splitlines()[-1] == "let in after totp" and edited.stderr == ""
    policies.write_text("- nonsense\n")
    assert desk.run(*where).stdout == stale.stdout
    assert "policies.yaml:1" in desk.run(*where, "--files", status=1).stderr


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("--address", "here"), 2, "no IP address"),
        (("--address", "192.0.2.7", "--at", "noon"), 2, "2027-01-31 09:00"),
        (("--address", "192.0.2.7", "--device", "phone"), 2, "AAGUID"),
        (("--address", "192.0.2.7", "--proof", "totpp"), 1, "did you mean totp?"),
        (("--address", "192.0.2.7", "--service", "wikki"), 1, "did you mean wiki?"),
        (("--address", "192.0.2.7", "--protocol", "odic"), 1, "did you mean oidc?"),
    ],
)
def test_slips_are_told(desk: Office, words: tuple[str, ...], status: int, said: str) -> None:
    command = ("policy", "explain", "--user", "alice", "--service", "wiki", *words)
    assert said in desk.run(*command, status=status).output
