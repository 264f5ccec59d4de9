"""THREAT_MODEL.md 22: login CSRF is bound to the pre-session."""

from idp.web.csrf import csrf, is_csrf
from keys.secret import Secret

BROWSER, OTHER = Secret("b" * 43), Secret("c" * 43)


def test_the_field_is_good_for_its_browser_and_purpose_only() -> None:
    value = csrf(BROWSER, "interaction-1")
    assert is_csrf(BROWSER, "interaction-1", value)
    assert not is_csrf(OTHER, "interaction-1", value)
    assert not is_csrf(BROWSER, "interaction-2", value)
    assert not is_csrf(BROWSER, "interaction-1", "")
    assert not is_csrf(BROWSER, "interaction-1", value[:-1] + "é")
