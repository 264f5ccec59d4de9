"""Attributes in the configuration: declared once, and every other place that names one is held to that."""

from pathlib import Path

import pytest

from tests.config.folder import SERVICE, TENANT, mistakes, warnings, write

DECLARED = TENANT + "attributes: {team: text, floor: number, badges: texts, remote: boolean}\n"


def test_scopes_services_and_people_may_use_what_is_declared_and_what_is_standard(tmp_path: Path) -> None:
    tenant = DECLARED + "demo: true\noidc: {scopes: {work: [team, floor, groups, zoneinfo]}}\n"
    folder = write(
        tmp_path,
        tenants__acme__tenant=tenant.replace("https://login.example.com", "http://localhost"),
        tenants__acme__services__wiki=SERVICE
        + "  claims: {department: team, kana: family_name#ja-Kana-JP}\n",
        **{"tenants__acme__demo-users": "- {user: al, attributes: {floor: '4', address.country: JP}}\n"},
    )
    assert warnings(folder) == []


def test_every_typo_is_a_mistake_where_it_stands(tmp_path: Path) -> None:
    tenant = DECLARED + "demo: true\noidc:\n  scopes:\n    work: [team, flor]\n"
    folder = write(
        tmp_path,
        tenants__acme__tenant=tenant.replace("https://login.example.com", "http://localhost"),
        tenants__acme__services__wiki=SERVICE + "  claims:\n    department: taem\n    x: groups#ja\n",
        **{"tenants__acme__demo-users": "- user: al\n  attributes:\n    floor: four\n    tem: red\n"},
    )
    service = "tenants/acme/services/wiki.yaml"
    assert mistakes(folder) == [
        "tenants/acme/demo-users.yaml:3:12: floor must be a whole number",
        "tenants/acme/demo-users.yaml:4:10: there is no attribute tem, did you mean team?",
        f"{service}:8:17: claims: there is no attribute taem, did you mean team?",
        f"{service}:9:8: claims: there is no attribute groups#ja, did you mean groups?",
        "tenants/acme/tenant.yaml:8:18: work: there is no attribute flor, did you mean floor?",
    ]


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ("Team: text", "must be a name of small letters, digits and _, for example employee_number"),
        ("family_name: text", "is a standard attribute, which every user may have"),
        ("groups: texts", "is a standard attribute, which every user may have"),
    ],
)
def test_a_name_that_is_taken_or_no_name_is_refused(tmp_path: Path, declared: str, words: str) -> None:
    (mistake,) = mistakes(write(tmp_path, tenants__acme__tenant=TENANT + f"attributes: {{{declared}}}\n"))
    assert mistake.endswith(f": the key {words}")


def test_a_type_that_there_is_not_is_refused(tmp_path: Path) -> None:
    (mistake,) = mistakes(write(tmp_path, tenants__acme__tenant=TENANT + "attributes: {team: txt}\n"))
    assert mistake == (
        "tenants/acme/tenant.yaml:4:20: attributes.team must be text, number, boolean or texts, did you mean text?"
    )
