"""`lockout` of a tenant and `exposure` of the matrix: what is wrong in them, where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.config.folder import TENANT, mistakes, write

WHERE = "tenants/acme/authenticators.yaml:2:20"


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ("totpp", "no other authenticator is called totpp, did you mean totp?"),
        ("matrix", "no other authenticator is called matrix, known are new_pattern, totp, warn"),
        ("password", "password is not configured, add it to this file"),
    ],
)
def test_what_is_asked_of_a_worn_out_pattern_is_another_way_of_the_tenant(
    tmp_path: Path, then: str, words: str
) -> None:
    text = f"matrix:\n  exposure: {{then: {then}, budget: 2}}\ntotp:\n"
    assert mistakes(write(tmp_path, tenants__acme__authenticators=text)) == [
        f"{WHERE}: exposure.then: {words}"
    ]


def test_what_is_wrong_with_a_groups_table_is_told_where_it_stands(tmp_path: Path) -> None:
    text = "matrix:\n  groups:\n  - when: {groups: [staff]}\n    table: {columns: 16}\n"
    assert mistakes(write(tmp_path, tenants__acme__authenticators=text)) == [
        "tenants/acme/authenticators.yaml:4:12: matrix.groups[1].table: columns must be a multiple of blocks, "
        "for example 12"
    ]


def test_the_shortest_wait_is_not_the_longest(tmp_path: Path) -> None:
    text = TENANT + "lockout: {mode: slow, seconds: 60, first_wait_seconds: 90}\n"
    (mistake,) = mistakes(write(tmp_path, tenants__acme__tenant=text))
    assert mistake.startswith("tenants/acme/tenant.yaml:4:")
    assert mistake.endswith("lockout.first_wait_seconds must not be more than seconds")
