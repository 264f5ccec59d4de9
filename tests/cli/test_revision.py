"""`idp config plan`, `apply` and the rest, as an administrator types them."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from idp import audit
from idp.config.bundle import Bundle
from idp.config.load import load
from idp.config.mistake import ConfigurationError
from idp.config.stored import load_stored
from idp.loading import Loading
from storage import Transaction
from storage.revisions import EVERYWHERE
from storage.sql import SQLTransaction
from tests.cli.conftest import Office
from tests.cli.test_chain import link
from tests.config.folder import ACME, POLICIES, SERVICE, TENANT

WIKI = f"{ACME}/services/wiki.yaml"
KEY = {  # RFC 7515 A.3
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
TWO = POLICIES.replace("[matrix]}", "[matrix, totp]}")


def put(office: Office, **files: str | None) -> None:
    """Write files of the tenant, their paths with `__` for `/`; None takes one away."""
    for name, text in files.items():
        path = office.folder / ACME / (name.replace("__", "/") + ".yaml")
        if text is None:
            path.unlink()
        else:
            path.write_text(text)


def apply(office: Office, *words: str, status: int = 0) -> str:
    output: str = office.run("config", "apply", "--why", "because", *words, status=status).output
    return output


def planned(office: Office) -> list[tuple[str, str, list[tuple[str, str, str]]]]:
    """What would change: how, what, and each value with before and after."""
    told: dict[str, Any] = json.loads(office.run("config", "plan", "--json").stdout)
    return [
        (change["kind"], change["what"], [(d["path"], d["before"], d["after"]) for d in change["details"]])
        for change in told["changes"]
    ]


@pytest.fixture
def applied(office: Office) -> Office:
    """The first revision is in force."""
    assert "There is no revision" in office.run("config", "plan").output
    assert "Revision 1 (" in apply(office)
    assert office.run("config", "plan").output == "Nothing would change.\n"
    return office


def test_no_number_is_given_twice_though_rows_are_gone_from_the_database(applied: Office) -> None:
    """A node that serves what is gone only goes forward; the signed log knows how far that is."""
    put(applied, policies=TWO)
    apply(applied)
    link(applied)

    async def delete(tx: Transaction) -> None:
        assert isinstance(tx, SQLTransaction)
        await tx.connection.query("DELETE FROM revisions WHERE number = 2")

    asyncio.run(applied.within(delete, EVERYWHERE))
    put(applied, policies=TWO + "- {name: all, then: deny}\n")
    said = apply(applied)
    assert "revision 2 was applied and is gone from the database, where revision 1 is the newest" in said
    assert "Revision 3 (" in said
    back = applied.run("config", "rollback", "1", "--why", "as it was").output
    assert "gone" not in back and "Revision 4 (" in back


def test_what_is_removed_is_told_to_the_log_of_those_that_stay(office: Office) -> None:
    """Else nobody's log would know of that revision."""
    other = office.folder / "tenants" / "other"
    shutil.copytree(office.folder / ACME, other)
    (other / "tenant.yaml").write_text(
        TENANT.replace("tenant: acme", "tenant: other").replace("login.", "other.")
    )
    apply(office)
    shutil.rmtree(other)
    apply(office, "--allow-removals")
    assert office.events() == ["configuration.applied"] * 2


def test_the_history_tells_the_time_of_this_machine(applied: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    for zone, ending in (("Asia/Tokyo", "+09:00"), ("America/Bogota", "-05:00")):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        try:
            at = applied.rows("config", "history")[0]["at"]
        finally:
            monkeypatch.undo()
            time.tzset()
        assert at.endswith(ending)
        assert abs(datetime.fromisoformat(at).timestamp() - time.time()) < 3600


def test_a_plan_tells_what_changes_from_what_to_what(applied: Office) -> None:
    put(
        applied,
        policies=TWO + "- {name: all, then: deny}\n",
        tenant=TENANT + "session: {idle_seconds: 600}\n",
        services__mail=SERVICE.replace("wiki", "mail"),
    )
    assert planned(applied) == [
        ("changed", "tenant acme", [("session.idle_seconds", "3600 (default)", "600")]),
        ("changed", "rule staff", [("then.require", "matrix", "matrix, totp")]),
        ("added", "rule all", [("name", "-", "all"), ("then", "-", "deny")]),
        ("added", "service mail", [("service", "-", "mail"), ("display_name.en", "-", "Wiki")]),
        (
            "added",
            "oidc of service mail",
            [
                ("client_id", "-", "mail"),
                ("token_endpoint_auth_method", "-", "none"),
                ("redirect_uris", "-", "https://mail.example.com/callback"),
            ],
        ),
    ]
    assert "rule staff\n      then.require: matrix → matrix, totp\n" in applied.run("config", "plan").output


def test_rules_that_only_change_places_are_told(applied: Office) -> None:
    deny = "- {name: all, then: deny}\n"
    put(applied, policies=POLICIES + deny)
    apply(applied)
    put(applied, policies=deny + POLICIES)
    assert planned(applied) == [("changed", "order of the rules", [("order", "staff | all", "all | staff")])]


def test_other_words_with_the_same_meaning_change_nothing_but_the_text(applied: Office) -> None:
    put(applied, policies="# For all.\n" + POLICIES)
    assert planned(applied) == []
    assert f"{ACME}/policies.yaml: other words" in applied.run("config", "plan").output
    assert "Revision 2" in apply(applied)
    assert "Nothing would change" in apply(applied)


def test_nothing_is_removed_unless_it_is_said(applied: Office) -> None:
    """A removal is marked, and an apply refuses it until it is allowed."""
    put(applied, services__wiki=None)
    assert planned(applied) == [("removed", "service wiki", [])]
    assert "- service wiki  REMOVED" in applied.run("config", "plan").output
    assert "--allow-removals" in apply(applied, status=1)
    assert len(applied.rows("config", "history")) == 1
    assert "Revision 2" in apply(applied, "--allow-removals")


def test_a_plan_shows_no_secret(office: Office) -> None:
    """Of a demo tenant the secret itself stands in the file."""
    demo = TENANT.replace("https://login.example.com", "http://localhost:8080") + "demo: true\n"
    plain = "token_endpoint_auth_method: none"
    put(
        office,
        tenant=demo,
        services__wiki=SERVICE.replace(plain, "client_secret: a-first-secret-0123456789-abcdef"),
    )
    apply(office)
    put(office, services__wiki=SERVICE.replace(plain, "client_secret: another-secret-0123456789-abcdef"))
    assert planned(office) == [
        ("changed", "oidc of service wiki", [("client_secret", "(not shown)", "(not shown)")])
    ]


def test_who_expects_another_revision_is_refused(applied: Office) -> None:
    put(applied, policies=TWO)
    assert "Revision 2" in apply(applied, "--expect-revision", "1")
    put(applied, policies=POLICIES)
    assert "revision 2 is in force, and not revision 1" in apply(applied, "--expect-revision", "1", status=1)
    name = applied.rows("config", "history")[0]["hash"]
    assert "Revision 3" in apply(applied, "--expect-revision", name)


def test_history_diff_rollback_and_export_give_the_files_back(applied: Office, tmp_path: Path) -> None:
    before = (applied.folder / ACME / "policies.yaml").read_bytes()
    put(applied, policies=TWO, services__mail=SERVICE.replace("wiki", "mail"))
    apply(applied, "--by", "anna")
    assert "then.require: matrix → matrix, totp" in applied.run("config", "diff", "1", "2").output
    back = applied.run("config", "rollback", "1", "--why", "it was wrong", "--by", "ben").output
    assert "then.require: matrix, totp → matrix" in back and "- service mail  REMOVED" in back
    assert [
        (row["revision"], row["author"], row["reason"], row["restores"])
        for row in applied.rows("config", "history")[:2]
    ] == [(3, "ben", "it was wrong", 1), (2, "anna", "because", None)]
    assert "not empty" in applied.run("config", "export", str(applied.folder), status=1).output
    left = applied.run("config", "export", str(applied.folder), "--replace").output
    assert f"{ACME}/services/mail.yaml is new: left as it is" in left
    put(applied, services__mail=None)
    assert (applied.folder / ACME / "policies.yaml").read_bytes() == before
    assert applied.run("config", "plan").output == "Nothing would change.\n"
    assert applied.events()[-3:] == ["configuration.applied"] * 3


def test_a_folder_that_was_exported_plans_nothing(applied: Office, tmp_path: Path) -> None:
    """It stands for the one whose database it names."""
    applied.run("config", "export", str(tmp_path / "copy"))
    (tmp_path / "copy" / "var").symlink_to(applied.folder / "var")
    copy = Office(tmp_path / "copy")
    assert copy.run("config", "plan").output == "Nothing would change.\n"


def test_an_export_leaves_the_node_where_it_is(applied: Office) -> None:
    """`idp.yaml` says where it listens and keeps its things: that of another node would lead it astray."""
    (applied.folder / "idp.yaml").write_text("workers: 3\n")
    applied.run("config", "export", str(applied.folder), "--replace")
    assert (applied.folder / "idp.yaml").read_text() == "workers: 3\n"


def test_nothing_stays_of_what_was_laid_out(
    applied: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither by commands nor by a server, which still has the folder of the workers that leave."""
    place = tmp_path / "laid out"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    applied.run("config", "plan")
    applied.run("user", "list")
    assert list(place.iterdir()) == []
    loading = Loading(applied.folder, None)
    assert [loading().in_force.number for _ in range(3)] == [1, 1, 1]
    assert len(list(place.iterdir())) == 2
    loading.end()
    assert list(place.iterdir()) == []


def test_what_stands_in_the_files_of_the_node_alone_is_no_change(applied: Office) -> None:
    (applied.folder / "idp.yaml").write_text("workers: 3\n")
    assert planned(applied) == []
    assert "idp.yaml: workers is this node's own" in applied.run("config", "plan").output
    assert "Nothing would change" in apply(applied)
    (applied.folder / "idp.yaml").write_text("workers: 3\ntrusted_proxies: [10.0.0.0/8]\n")
    assert planned(applied) == [("changed", "server", [("trusted_proxies", "[] (default)", "10.0.0.0/8")])]


def test_what_settings_name_is_part_of_a_revision_and_secrets_are_not(office: Office) -> None:
    keys = json.dumps({"keys": [KEY]})
    (office.folder / "keys.json").write_text(keys)
    (office.folder / "hidden").write_text("a-client-secret-0123456789-0123456789")
    (office.folder / "hidden").chmod(0o600)
    put(
        office,
        services__wiki=SERVICE.replace(
            "token_endpoint_auth_method: none", "client_secret: {file: hidden}\n  jwks: {file: keys.json}"
        ),
    )
    bundle = Bundle.of(load(office.folder))
    assert set(bundle.files) == {
        "idp.yaml", "keys.json", f"{ACME}/tenant.yaml", f"{ACME}/authenticators.yaml", f"{ACME}/policies.yaml", WIKI
    }  # fmt: skip
    assert Bundle.unpack(bundle.pack()) == bundle
    apply(office)
    (office.folder / "keys.json").write_text(json.dumps({"keys": [KEY]}, indent=1))
    assert planned(office) == [("changed", "file keys.json", [])]


def test_no_configuration_is_too_large_for_a_revision_that_would_lack_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a service would be gone with nobody told; other large files are each node's own."""
    monkeypatch.setattr("idp.config.bundle.LARGEST_FILE", 10)
    names = set(Bundle.of(load(office.folder)).files)
    assert WIKI in names and f"{ACME}/policies.yaml" in names


def test_mistakes_of_stored_files_are_told_as_if_they_lay_in_the_folder(
    office: Office, tmp_path: Path
) -> None:
    put(
        office,
        policies="- {name: staff, then: perhaps}\n",
        services__wiki=SERVICE + "  jwks: {file: gone.json}\n",
    )
    with pytest.raises(ConfigurationError) as here:
        load(office.folder)
    names = ("idp", f"{ACME}/tenant", f"{ACME}/authenticators", f"{ACME}/policies", f"{ACME}/services/wiki")
    bundle = Bundle({f"{name}.yaml": (office.folder / f"{name}.yaml").read_bytes() for name in names})
    (tmp_path / "place").mkdir()
    with pytest.raises(ConfigurationError) as stored:
        load_stored(bundle, tmp_path / "place", office.folder)
    assert stored.value.mistakes == here.value.mistakes
    assert len(here.value.mistakes) == 2


def test_a_revision_that_this_node_cannot_use_says_why(office: Office) -> None:
    """Here its secret is missing. The next apply mends it, once it is said that what it removes cannot be seen."""
    (office.folder / "hidden").write_text("a-client-secret-0123456789-0123456789")
    plain = "token_endpoint_auth_method: none"
    put(office, services__wiki=SERVICE.replace(plain, "client_secret: {file: hidden}"))
    apply(office)
    (office.folder / "hidden").unlink()
    put(office, services__wiki=SERVICE)
    said = office.run("config", "plan", status=1).output
    assert "revision 1 cannot be used on this node" in said and "services/wiki.yaml:5:18: " in said
    apply(office, status=1)
    assert "Revision 2" in apply(office, "--allow-removals")


def test_whoever_can_only_write_to_the_database_makes_no_revision(applied: Office) -> None:
    """It is sealed for its number and all that is said of it: a row that was copied or retold does not open."""

    async def copy(tx: Transaction) -> None:
        found = await tx.revisions.find(1)
        assert found is not None
        assert await tx.revisions.add(replace(found[0], number=2), found[1])

    asyncio.run(applied.within(copy, EVERYWHERE))
    assert "altered or moved" in applied.run("config", "plan", status=1).output


def test_commands_work_with_the_revision_whatever_lies_in_the_folder(applied: Office) -> None:
    put(applied, policies="- nonsense\n", tenant=TENANT.replace("acme", "other"))
    applied.run("user", "add", "alice", "--tenant", "acme")
    assert [row["username"] for row in applied.rows("user", "list")] == ["alice"]


def test_a_rehearsal_that_is_not_clean_keeps_the_policy(applied: Office) -> None:
    """`--if-rehearsal-clean` refuses where a single login would flip."""

    async def log_in(tx: Transaction) -> None:
        facts: dict[str, Any] = {"door": "oidc", "service": "wiki", "ip": "192.0.2.1", "groups": ["staff"]}
        facts |= {"at": int(time.time()), "proofs": [["matrix", 0, "knowledge"]]}
        about: dict[str, Any] = {"door": "oidc", "rule": "staff", "why": "groups staff", "attempt": facts}
        await audit.record(tx, "login.accepted", facts["at"], service="wiki", **about)

    asyncio.run(applied.within(log_in))
    put(applied, policies=TWO)
    rehearsed = json.loads(applied.run("policy", "rehearse", "--json").stdout)
    assert [(flip["before"], flip["after"], flip["count"]) for flip in rehearsed[0]["flips"]] == [
        ("let in", "asked for more", 1)
    ]
    assert "1 of 1 logins would flip" in applied.run("config", "plan").output
    assert "not clean" in apply(applied, "--if-rehearsal-clean", status=1)
    put(applied, policies=POLICIES.replace("name: staff", "name: people"))
    said = apply(applied, "--if-rehearsal-clean", "--allow-removals")
    assert "1 would be decided alike by another rule: staff → people" in said and "Revision 2" in said
