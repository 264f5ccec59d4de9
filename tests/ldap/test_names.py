"""A user's name is a value in what a directory is asked, whatever stands in it."""

from __future__ import annotations

import bonsai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.ldap.names import bind_name, search_filter

DN = "uid={user},ou=people,dc=example,dc=com"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("hanako", "hanako"),
        ("o'neill, (sales)", "o'neill\\2c (sales)"),
        ("x,ou=admins", "x\\2cou\\3dadmins"),
        ("a+cn=b", "a\\2bcn\\3db"),
        ("#a", "\\23a"),
        (" a ", "\\20a\\20"),
        ('"\\<>;\0', "\\22\\5c\\3c\\3e\\3b\\00"),
        ("鈴木", "鈴木"),
    ],
)
def test_a_name_never_ends_its_part_of_a_distinguished_name(name: str, written: str) -> None:
    assert bind_name(DN, name) == f"uid={written},ou=people,dc=example,dc=com"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
def test_any_name_is_one_value_of_its_entry(name: str) -> None:
    """Read by another's parser: four parts, the last three as they were written."""
    parts = bonsai.LDAPDN(bind_name(DN, name) or "").rdns
    assert parts[1:] == ((("ou", "people"),), (("dc", "example"),), (("dc", "com"),))
    assert [attribute for attribute, _ in parts[0]] == ["uid"]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("hanako", "(uid=hanako)"),
        ("*", "(uid=\\2a)"),
        ("x)(|(uid=*", "(uid=x\\29\\28|\\28uid=\\2a)"),
        ("a\\2a\0", "(uid=a\\5c2a\\00)"),
    ],
)
def test_a_name_never_ends_its_part_of_a_filter(name: str, written: str) -> None:
    assert search_filter("(uid={user})", name) == written


@pytest.mark.parametrize("template", ["{user}@corp.example.com", "CORP\\{user}"])
def test_a_logon_name_has_its_user_from_us_and_its_domain_from_the_configuration(template: str) -> None:
    assert bind_name(template, "hanako") == template.replace("{user}", "hanako")
    for name in ("a@other.example", "OTHER\\a", "a/b", "a;b", "a\0", 'a"b'):
        assert bind_name(template, name) is None
