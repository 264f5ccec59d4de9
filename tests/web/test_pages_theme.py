"""A theme overrides another: pages, tokens, logo, words and files, each on its own."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from idp.web.pages import Pages
from idp.web.theme import LARGEST_LOGO, Theme, ThemeError
from tests.drawing import CHALLENGE, MATRIX, draw, parse, tenant

HEADER = 'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
ACME = tenant(theme="acme")


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    folder = tmp_path / "acme"
    (folder / "login").mkdir(parents=True)
    return folder


def page(folder: Path, name: str = "login/username", locale: str = "en") -> str:
    return draw(name, pages=Pages(folder.parent), of=ACME, locale=locale, prompt=MATRIX, **CHALLENGE)


def test_an_empty_theme_is_the_default_one(acme: Path) -> None:
    assert page(acme) == draw("login/username", prompt=MATRIX, **CHALLENGE)


def test_a_theme_reads_nothing_by_a_link_and_no_hidden_file(acme: Path) -> None:
    (acme / "static").mkdir()
    (acme / "static" / ".notes.svg").write_text("<svg/>")
    assert not [name for name in Theme("acme", [acme.parent]).static if "notes" in name]
    (acme.parent / "secret.svg").write_text("<svg/>")
    (acme / "static" / "logo.svg").symlink_to(acme.parent / "secret.svg")
    with pytest.raises(ThemeError, match=r"theme acme: static/logo.svg is a link out of the theme"):
        Theme("acme", [acme.parent])


def test_tokens_come_after_the_default_ones_and_before_the_rules(acme: Path) -> None:
    (acme / "tokens.css").write_text(":root { --brand: light-dark(#600, #f99); } /* of ACME */")
    style = parse(page(acme)).all("style")[0].text
    assert (
        style.index("--brand: light-dark(#1f4e79")
        < style.index("--brand: light-dark(#600")
        < style.index("body{")
    )
    assert "ACME" not in style


def test_a_page_may_extend_the_default_one_of_its_name(acme: Path) -> None:
    (acme / "login/username.html").write_text(
        '{% extends "default/login/username.html" %}\n'
        "{% block card %}<p>first</p>{{ super() }}<p>last {{ self.title() }}</p>{% endblock %}\n"
    )
    texts = [element.text for element in parse(page(acme)).all("p")]
    assert texts[0] == "first"
    assert texts[-1] == "last Sign in to Wiki"
    assert 'name="username"' in page(acme)


def test_a_theme_says_some_things_in_its_own_words(acme: Path) -> None:
    words = acme / "messages/en/LC_MESSAGES/masugata.po"
    words.parent.mkdir(parents=True)
    words.write_text(f'{HEADER}msgid "login.next"\nmsgstr "Onwards"\n')
    assert "Onwards" in page(acme)
    assert "User ID" in page(acme)
    assert "次へ" in page(acme, locale="ja")


def test_a_theme_has_its_own_logo(acme: Path) -> None:
    (acme / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    sources = re.findall(r"data:image/svg\+xml;base64,([^\"]+)", page(acme))
    assert {base64.b64decode(source) for source in sources} == {(acme / "logo.svg").read_bytes()}


def test_a_theme_has_its_own_files(acme: Path) -> None:
    (acme / "static").mkdir()
    (acme / "static/comfort.js").write_text("// nothing")
    pages = Pages(acme.parent)
    (script,) = parse(draw("login/username", pages=pages, of=ACME, **CHALLENGE)).all("script")
    address = (script.attributes["src"] or "").removeprefix("/static/")
    assert pages.static(address) == (b"// nothing", "text/javascript")


def test_the_configurations_theme_wins_over_a_built_in_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "default").mkdir()
    (tmp_path / "default/tokens.css").write_text(":root { --mine: 1 }")
    draw("error/busy")
    assert "--mine" in draw("error/busy", pages=Pages(tmp_path))
    assert "--mine" not in draw("error/busy"), "the built-in one is compiled once and lent to nobody"


@pytest.mark.parametrize(
    ("file", "content", "mistake"),
    [
        ("tokens.css", "</style><script>", "closing tag"),
        ("logo.svg", "x" * (LARGEST_LOGO + 1), "larger than"),
        ("static/tool.exe", "x", "no type that pages may load"),
        ("login/username.html", "{% extends 'layout.html' %}{% block card %}{% endfor %}", "endfor"),
        ("login/username.html", "{% extends tenant %}", "constant name"),
        ("login/username.html", "{% extends 'nowhere.html' %}", "nowhere.html"),
        ("login/username.html", "{% block a %}{{ self.a() }}{% endblock %}", "refers to itself"),
        ("login/username.html", "{% block a %}{{ super() }}{% endblock %}", "to nothing"),
    ],
)
def test_a_mistake_in_a_theme_is_told_before_a_page_is_asked_for(
    acme: Path, file: str, content: str, mistake: str
) -> None:
    (acme / file).parent.mkdir(exist_ok=True)
    (acme / file).write_text(content)
    with pytest.raises(ThemeError, match=mistake):
        Pages(acme.parent).prepare("acme", ["en"])


def test_a_theme_or_a_language_that_is_not_there_is_told(acme: Path) -> None:
    with pytest.raises(ThemeError, match="theme nowhere: there is no such folder"):
        Pages(acme.parent).prepare("nowhere", ["en"])
    with pytest.raises(ThemeError, match="theme acme: there are no messages for fr"):
        Pages(acme.parent).prepare("acme", ["en", "fr"])
