"""When pages are compiled."""

from __future__ import annotations

import pytest
from jinja2 import Template

from idp.web.face import built_in
from idp.web.templates import Templates


def test_each_is_compiled_once_and_when_it_is_asked_for() -> None:
    made: list[str] = []

    def make(name: str) -> Template:
        made.append(name)
        return Template(name)

    templates = Templates(["login/totp", "login/matrix", "portal/tiles"], make)
    templates.compile("login/", "error/")
    assert made == ["login/matrix", "login/totp"]
    assert templates["portal/tiles"] is templates["portal/tiles"]
    assert made == ["login/matrix", "login/totp", "portal/tiles"]
    templates.compile()
    assert len(made) == len(templates) == 3
    with pytest.raises(KeyError):
        templates["portal/nothing"]


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_all_of_the_default_theme_can_be_compiled(locale: str) -> None:
    """It is not looked at as a whole when a server starts."""
    built_in(locale).templates.compile()
