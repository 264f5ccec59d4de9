"""Rules that let people into the console: only by its name, and warned about where that is too easy."""

from __future__ import annotations

from pathlib import Path

import pytest

from idp.config.load import load
from idp.policy import Deny
from tests.config.folder import AUTHENTICATORS, SERVICE, mistakes, warnings, write

ADMINS = "when: {services: [console], groups: [admins]}"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (f"{ADMINS}, then: {{require: [matrix, totp]}}", []),
        (f"{ADMINS}, then: {{require: [passkey]}}", []),
        (f"{ADMINS}, then: deny", []),
        ("when: {groups: [staff]}, then: {require: [matrix]}", []),
        (f"{ADMINS}, then: {{require: [matrix]}}", ["by one proof (matrix)"]),
        (f"{ADMINS}, then: {{require: [{{any: [[matrix, totp], password]}}]}}", ["by one proof (password)"]),
        (f"{ADMINS}, then: {{require: [matrix, password]}}", ["by proofs of one factor (matrix, password)"]),
        (f"{ADMINS}, then: allow", ["by whatever they have proven"]),
        ("when: {services: [console], groups: [a], proofs: {strength: multi}}, then: allow", []),
        ("when: {services: [console]}, then: {require: [matrix, totp]}", ["whoever they are"]),
        (
            "when: {protocols: [console], groups: {none: [x]}}, then: {require: [passkey]}",
            ["whoever they are"],
        ),
    ],
)
def test_a_rule_that_lets_people_in_too_easily_is_warned_about(
    tmp_path: Path, rule: str, said: list[str]
) -> None:
    authenticators = f"{AUTHENTICATORS}password:\npasskey:\n"
    write(
        tmp_path,
        tenants__acme__authenticators=authenticators,
        tenants__acme__policies=f"- {{name: one, {rule}}}\n",
    )
    told = [each for each in warnings(tmp_path) if "console" in each]
    assert len(told) == len(said)
    for words, expected in zip(told, said, strict=True):
        assert f"rule one lets people into the console {expected}" in words


def test_a_rule_for_the_console_is_reached_behind_one_for_everybody(tmp_path: Path) -> None:
    """Which lets nobody into it; a denial behind both says nothing any more."""
    rules = """\
- {name: everybody, then: {require: [matrix]}}
- {name: shut, when: {hours: "22:00-05:00"}, then: deny}
- {name: admins, when: {services: [console], groups: [admins]}, then: {require: [matrix, totp]}}
- {name: rest, then: deny}
"""
    write(tmp_path, tenants__acme__policies=rules)
    assert [each.partition(": rule ")[2] for each in warnings(tmp_path)] == [
        "rest is never reached, one before it matches everyone"
    ]
    shut = load(tmp_path).tenants[0].rules.by_name["shut"]
    assert isinstance(shut.then, Deny) and not shut.is_kept_from_console


def test_no_service_may_take_its_name(tmp_path: Path) -> None:
    write(tmp_path, tenants__acme__services__wiki=SERVICE.replace("service: wiki", "service: console"))
    assert any("console is the name of our own pages" in each for each in mistakes(tmp_path))


def test_a_revision_is_looked_at_without_its_secrets(tmp_path: Path) -> None:
    """No file of a secret is read and no command is run; another place is another secret."""
    secret = SERVICE.replace(
        "token_endpoint_auth_method: none", f"client_secret: {{command: [touch, {tmp_path}/ran]}}"
    )
    write(tmp_path, tenants__acme__services__wiki=secret)
    looked = load(tmp_path, blind=True).tenants[0].services["wiki"].doors["oidc"].client_secret.reveal()
    assert looked.startswith("not read: touch") and not (tmp_path / "ran").exists()
