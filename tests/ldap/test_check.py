"""`idp ldap check`: an administrator tries a connection before people do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.conftest import AUTHENTICATORS, Office
from tests.config.folder import TENANT, mistakes, write
from tests.ldap.conftest import Pair
from tests.ldap.slapd import PASSWORD, PEOPLE, SEARCHER, SEARCHER_PASSWORD, SUFFIX

ENTRY = f"uid=hanako,{PEOPLE}"


def folder(root: Path, ldap: dict[str, Any]) -> Path:
    secret = root / "searcher"
    secret.write_text(SEARCHER_PASSWORD)
    secret.chmod(0o600)
    search = {"base": SUFFIX, "dn": SEARCHER, "password": {"file": str(secret)}}
    domains = yaml.safe_dump({"domains": {"corp": {"ldap": {**ldap, "search": search}}}})
    return write(root, tenants__acme__tenant=TENANT + domains, tenants__acme__authenticators=AUTHENTICATORS)


@pytest.fixture
def office(tmp_path: Path, ldap: dict[str, Any]) -> Office:
    opened = Office(folder(tmp_path, ldap))
    opened.run("storage", "migrate")
    return opened


def test_each_server_is_asked_as_a_login_asks_it(office: Office, pair: Pair) -> None:
    def results(*words: str, given: str = "", status: int = 0) -> list[str]:
        lines = office.run("ldap", "check", *words, given=given, status=status).stdout.splitlines()
        return [line.split("  ")[-1].strip() for line in lines[1:]]

    assert results() == ["answers", "answers"]
    assert results("--user", "hanako@corp") == [f"would bind as {ENTRY}"] * 2
    asking = ("--user", "hanako@corp", "--password")
    assert results(*asking, given=f"{PASSWORD}\n") == [f"binds as {ENTRY}"] * 2
    assert results(*asking, given="wrong\n", status=1) == [f"does not bind as {ENTRY}"] * 2
    assert results("--user", "ghost@corp", status=1) == ["has no such entry, or several"] * 2
    pair[1].stop()
    try:
        answers, silent = results(status=1)
    finally:
        pair[1].start()
    assert answers == "answers"
    assert "does it listen there" in silent
    office.run("ldap", "check", "--user", "hanako", status=1)
    office.run("ldap", "check", "--password", status=2)


def test_nobody_is_given_a_password_that_a_directory_keeps(office: Office) -> None:
    office.run("user", "add", "hanako@corp")
    refused = office.run(
        "credential", "set", "hanako@corp", "password", given="kein Wort der Liste\n", status=1
    )
    assert "kept in a directory" in refused.output


def test_without_the_ldap_client_the_configuration_says_what_to_install(
    tmp_path: Path, ldap: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "bonsai", None)
    (told,) = mistakes(folder(tmp_path, ldap))
    assert told.startswith("tenants/acme/tenant.yaml:")
    assert told.endswith("pip install 'masugata[ldap]'")


@pytest.mark.parametrize(
    ("ldap", "words"),
    [
        ("{servers: [ldaps://a], bind_dn: 'uid=x'}", "must say where the user's name stands: {user}"),
        ("{servers: [http://a], bind_dn: '{user}'}", "must be an address such as ldaps://dc1.example.com"),
        (
            "{servers: [ldap://a/dc=x], bind_dn: '{user}'}",
            "must be an address such as ldaps://dc1.example.com",
        ),
        ("{servers: [], bind_dn: '{user}'}", "must have at least 1 entry"),
        ("{servers: [ldap://a], bind_dn: '{user}', starttls: false}", "others could read passwords"),
        ("{servers: [ldaps://a]}", "needs either bind_dn"),
        ("{servers: [ldaps://a], search: {base: x, dn: cn=a}}", "search.password is missing"),
        ("{servers: [ldaps://a], search: {base: x, filter: uid=a}}", "must be a filter in brackets"),
        ("{servers: [ldaps://a], bind_dn: '{user}', ca_file: nowhere.pem}", "cannot read nowhere.pem"),
    ],
)
def test_a_mistake_in_a_directory_is_told_at_its_place(tmp_path: Path, ldap: str, words: str) -> None:
    domains = f"domains: {{corp: {{ldap: {ldap}}}}}\n"
    (told,) = mistakes(write(tmp_path, tenants__acme__tenant=TENANT + domains))
    assert told.startswith("tenants/acme/tenant.yaml:4:")
    assert words in told


@pytest.mark.parametrize(
    ("domains", "words"),
    [
        ("{local: {ldap: {servers: [ldaps://a], bind_dn: '{user}'}}}", "must have no ldap"),
        ("{Corp: {}}", "must be a name of small letters"),
    ],
)
def test_a_mistake_in_a_domain_is_told(tmp_path: Path, domains: str, words: str) -> None:
    (told,) = mistakes(write(tmp_path, tenants__acme__tenant=f"{TENANT}domains: {domains}\n"))
    assert words in told
