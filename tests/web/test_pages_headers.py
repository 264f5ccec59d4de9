"""Where forms may lead, and who may keep a hand on our window."""

from __future__ import annotations

import pytest

from tests.drawing import CHALLENGE, ENTRIES, PAGES, tenant


def policy(*destinations: str) -> str:
    text = PAGES.render(
        "login/username", tenant=tenant(), locale="en", destinations=destinations, **CHALLENGE
    ).headers["Content-Security-Policy"]
    return next(part for part in text.split("; ") if part.startswith("form-action")).removeprefix(
        "form-action "
    )


@pytest.mark.parametrize(
    ("destination", "allowed"),
    [
        ("https://wiki.example.com/callback", ""),
        ("http://localhost:9000/callback?x=1", " http://localhost:9000"),
        ("http://127.0.0.1:53412/", " http://127.0.0.1:53412"),
        ("http://[::1]:9000/callback", " http:"),
        ("com.example.app:/callback", " com.example.app:"),
        ("com.example.app://callback/x", " com.example.app:"),
        ("http://a;script-src/*", " http:"),
        ("not a url", ""),
        ("", ""),
    ],
)
def test_a_form_may_lead_to_us_to_https_and_to_the_services_own_address(
    destination: str, allowed: str
) -> None:
    assert policy(destination) == f"'self' https:{allowed}"


def test_a_form_of_ones_account_leads_to_us_alone() -> None:
    """What is typed there is a secret, and no service waits for it."""
    for entry in ENTRIES:
        if entry.page.startswith(("account/", "activate/", "forgotten/")):
            assert "form-action 'self';" in entry.text.headers["Content-Security-Policy"], entry.page


def test_a_destination_is_named_once() -> None:
    twice = ("http://localhost:9000/a", "http://localhost:9000/b", "https://x.example/")
    assert policy(*twice) == "'self' https: http://localhost:9000"


def test_a_login_in_a_popup_keeps_its_opener_and_other_pages_have_none() -> None:
    login = PAGES.render("login/username", tenant=tenant(), locale="en", **CHALLENGE)
    portal = PAGES.render("logout/done", tenant=tenant(), locale="en", portal_url="/")
    assert "Cross-Origin-Opener-Policy" not in login.headers
    assert portal.headers["Cross-Origin-Opener-Policy"] == "same-origin"
