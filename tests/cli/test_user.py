"""`idp user`."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from storage import Transaction
from storage.known_devices import KnownDevice
from storage.records import Grant, Session
from tests.cli.conftest import Office
from tests.config.folder import AUTHENTICATORS, POLICIES, TENANT, write

FAR = 4_000_000_000  # in the year 2096


def user_id(office: Office, name: str) -> str:
    (found,) = (row["id"] for row in office.rows("user", "list") if row["username"] == name)
    return str(found)


def shown(office: Office) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(office.run("user", "show", "alice", "--json").stdout)
    return record


async def sign_in(tx: Transaction, user: str) -> None:
    await tx.sessions.add(Session(b"s" * 32, "sid", user, b"b" * 32, (), "acr", 0, 0, FAR))
    await tx.grants.add(Grant("g", "wiki", "wiki", user, "sid", (), {}, 0, "acr", (), 0))


def test_a_user_is_added_listed_and_shown(office: Office) -> None:
    office.run("user", "add", "alice", "--group", "staff", "--group", "sales", "--email", "a@example.com")
    (row,) = office.rows("user", "list")
    assert (row["username"], row["groups"], row["email"]) == ("alice", ["sales", "staff"], "a@example.com")
    assert "alice" in office.run("user", "list").stdout
    said = office.run("user", "show", "ALICE").stdout
    assert "sales, staff" in said and "locked until" in said
    assert office.events() == ["user.added"]


def test_a_user_is_of_a_domain_and_shares_his_name_with_others(tmp_path: Path) -> None:
    office = Office(write(tmp_path, tenants__acme__tenant=f"{TENANT}domains: {{corp: {{}}}}\n"))
    office.run("storage", "migrate")
    for words in (("alice",), ("alice", "--domain", "corp"), ("bob@corp",), ("carol@elsewhere",)):
        office.run("user", "add", *words)
    office.run("user", "add", "alice@corp", status=1)
    assert "did you mean corp" in office.run("user", "add", "x", "--domain", "crop", status=1).output
    office.run("user", "add", "x@corp", "--domain", "local", status=2)
    people = {row["username"]: row["domain"] for row in office.rows("user", "list")}
    assert people == {"alice": "local", "alice@corp": "corp", "bob@corp": "corp", "carol@elsewhere": "local"}
    assert "bob@corp" in office.run("user", "show", "bob", status=1).output
    office.run("user", "disable", "Alice@Corp")
    disabled = [row["username"] for row in office.rows("user", "list") if row["disabled_at"]]
    assert disabled == ["alice@corp"]


def test_a_list_can_be_narrowed_to_a_group(office: Office) -> None:
    office.run("user", "add", "alice", "--group", "staff")
    office.run("user", "add", "bob")
    assert [row["username"] for row in office.rows("user", "list", "--group", "staff")] == ["alice"]


def test_a_name_is_taken_however_it_is_typed(office: Office) -> None:
    office.run("user", "add", "alice")
    again = office.run("user", "add", " Ａlice ", status=1)
    assert again.stderr == "Error: there is a user alice already\n"
    assert office.events() == ["user.added"]


def test_a_name_that_cannot_be_seen_is_misuse(office: Office) -> None:
    for name in (" ", "al\x1bice", "x" * 300):
        office.run("user", "add", name, status=2)


def test_disabling_ends_sessions_and_grants_in_the_same_transaction(office: Office) -> None:
    office.run("user", "add", "alice")
    user = user_id(office, "alice")
    asyncio.run(office.within(lambda tx: sign_in(tx, user)))
    assert shown(office)["sessions"] == 1
    said = office.run("user", "disable", "alice").stdout
    assert said == "disabled alice, ended 1 session and 1 grant\n"
    after = shown(office)
    assert after["sessions"] == 0 and after["disabled_at"]
    assert asyncio.run(office.within(lambda tx: tx.grants.find("g"))) is None
    office.run("user", "enable", "alice")
    assert shown(office)["disabled_at"] is None
    assert office.events() == ["user.added", "user.disabled", "user.enabled"]


def test_unlocking_forgets_wrong_answers_also_of_a_name_that_nobody_has(office: Office) -> None:
    office.run("user", "add", "alice")

    async def fail(tx: Transaction) -> None:
        for name in ("alice", "nobody"):
            for _ in range(5):
                await tx.budgets.spend(f"matrix:{name}", 5, 1800, FAR)

    asyncio.run(office.within(fail))
    assert shown(office)["locked_until"]
    office.run("user", "unlock", "alice")
    assert shown(office)["locked_until"] is None
    assert office.run("user", "unlock", "NOBODY").stdout == "unlocked nobody\n"
    assert office.run("user", "unlock", "alice").stdout == "alice had no wrong answers\n"
    refused = office.run("user", "unlock", "alcie", status=1)
    assert refused.stderr == "Error: no user is called alcie, did you mean alice?\n"
    assert office.events() == ["user.added", "user.unlocked", "user.unlocked"], (
        "where nothing was, nothing is said"
    )


def test_wrong_answers_known_browsers_and_seen_logins_are_shown_and_forgotten(office: Office) -> None:
    section = office.folder / "tenants" / "acme" / "authenticators.yaml"
    section.write_text("matrix: {exposure: {budget: 2}}\ntotp:\n")
    office.run("user", "add", "alice")
    office.run("credential", "set", "alice", "matrix", "--pattern", "A1 F2 K3 L4 C2 G1")
    user, devices = user_id(office, "alice"), ("d0", "-c23456789012345678901", "d2")

    async def use(tx: Transaction) -> None:
        for number, name in enumerate(devices):
            device = KnownDevice(name, bytes((number,)) * 32, user, ("matrix",), 0, 9 - number, FAR)
            await tx.known_devices.add(replace(device, address="192.0.2.7", user_agent="Firefox"), 9)
        for subject, failures in (("matrix:alice", 5), (f"device {devices[1]}:matrix", 5), ("totp:alice", 1)):
            for _ in range(failures):
                await tx.budgets.spend(subject, 5, 1800, FAR)
        (held,) = await tx.credentials.list(user)
        await tx.exposures.add(held.id, held.created_at, 0)

    asyncio.run(office.within(use))
    before = shown(office)
    counted = [
        (each["authenticator"], each["known_device"], each["wrong"]) for each in before["wrong_answers"]
    ]
    assert counted == [("matrix", "", 5), ("totp", "", 1), ("matrix", devices[1], 5)]
    assert [bool(each["blocked_until"]) for each in before["wrong_answers"]] == [True, False, True]
    assert before["locked_until"] == before["wrong_answers"][0]["blocked_until"]
    assert [(each["id"], each["proven"]) for each in before["known_devices"]] == [
        (name, ["matrix"]) for name in devices
    ]
    assert before["exposure"] == {"logins": 1, "budget": 2}
    said = office.run("user", "show", "alice").stdout
    assert "browser=Firefox" in said and "authenticator=totp" in said and "logins=1" in said
    office.run("user", "unlock", "alice")
    after = shown(office)
    assert (after["wrong_answers"], after["locked_until"], len(after["known_devices"])) == ([], None, 3)
    refused = office.run("user", "forget", "alice", devices[1], "d7", status=1)
    assert refused.stderr == "Error: alice has no browser d7, see idp user show\n"
    assert len(shown(office)["known_devices"]) == 3, "all that are named, or none"
    office.run("user", "forget", "alcie", status=1)
    assert office.run("user", "forget", "alice", devices[1]).stdout == "forgot 1 browser of alice\n"
    assert [each["id"] for each in shown(office)["known_devices"]] == ["d0", "d2"]
    assert office.run("user", "forget", "alice").stdout == "forgot 2 browsers of alice\n"
    assert shown(office)["known_devices"] == []
    assert office.events()[-3:] == ["user.unlocked", "devices.forgotten", "devices.forgotten"]


def test_deleting_asks_first(office: Office) -> None:
    office.run("user", "add", "alice")
    office.run("user", "delete", "alice", given="n\n", status=1)
    assert len(office.rows("user", "list")) == 1
    office.run("user", "delete", "alice", "--yes")
    assert office.rows("user", "list") == []
    assert office.events() == ["user.added", "user.deleted"]


def test_somebody_who_is_not_there_is_refused(office: Office) -> None:
    for verb in ("show", "disable", "enable"):
        assert office.run("user", verb, "nobody", status=1).stderr == "Error: no user is called nobody\n"


def test_the_tenant_must_be_named_where_there_are_several(office: Office) -> None:
    write(
        office.folder,
        tenants__other__tenant=TENANT.replace("acme", "other").replace("login", "other"),
        tenants__other__authenticators=AUTHENTICATORS,
        tenants__other__policies=POLICIES,
    )
    assert "acme, other" in office.run("user", "list", status=2).stderr
    assert "did you mean acme?" in office.run("user", "list", "--tenant", "acne", status=1).stderr
    office.run("user", "add", "alice", "--tenant", "acme")
    assert office.rows("user", "list", "--tenant", "other") == []


def test_a_name_cannot_steer_the_terminal_of_its_reader(office: Office) -> None:
    office.run("user", "add", "alice", "--display-name", "\x1b[2Jgone\u202e")
    said = office.run("user", "list").stdout
    assert "\x1b" not in said and "\u202e" not in said and "\\x1b[2Jgone" in said


def test_attributes_are_set_shown_and_taken_away(office: Office) -> None:
    tenant = office.folder / "tenants" / "acme" / "tenant.yaml"
    tenant.write_text(TENANT + "attributes: {team: text}\n")
    office.run("user", "add", "alice")
    office.run(
        "user",
        "set",
        "alice",
        "team=red = blue",
        "family_name#ja-kana-jp=サトウ",
        "name=Alice",
        "address.country=JP",
    )
    record = shown(office)
    kept = {"team": "red = blue", "family_name#ja-Kana-JP": "サトウ", "address": {"country": "JP"}}
    assert (record["attributes"], record["display_name"]) == (kept, "Alice")
    assert record["changed_at"] >= record["created_at"]
    lines = [line.split()[-1] for line in office.run("user", "show", "alice").stdout.splitlines()]
    assert {"address.country=JP", "family_name#ja-Kana-JP=サトウ"} < set(lines)
    office.run("user", "unset", "alice", "team", "name", "family_name#ja-Kana-JP")
    assert (shown(office)["attributes"], shown(office)["display_name"]) == (
        {"address": {"country": "JP"}},
        "",
    )
    changes = [row for row in office.rows("audit", "show") if row["event"] == "user.changed"]
    assert [row["details"]["attributes"] for row in changes] == [
        ["family_name#ja-Kana-JP", "name", "team"],
        ["address.country", "family_name#ja-kana-jp", "name", "team"],
    ]


def test_a_mistake_in_one_attribute_sets_none(office: Office) -> None:
    office.run("user", "add", "alice")
    said = office.run(
        "user", "set", "alice", "given_name=Al", "famly_name=x", "birthdate=soon", status=1
    ).stderr
    assert "there is no attribute famly_name, did you mean family_name?" in said
    assert "birthdate must be YYYY-MM-DD" in said
    assert shown(office)["attributes"] == {}
    assert "alice has no gender" in office.run("user", "unset", "alice", "gender", status=1).stderr
    assert "must be an attribute" in office.run("user", "set", "alice", "gender", status=2).stderr
    assert office.events() == ["user.added"]


def test_an_attribute_is_given_once(office: Office) -> None:
    office.run("user", "add", "alice")
    said = office.run("user", "set", "alice", "given_name=Al", "given_name=Alice", status=2).stderr
    assert "given twice" in said and shown(office)["attributes"] == {}
