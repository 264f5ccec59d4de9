"""What mails say, in every language and by every theme, and that nobody's name or address can break one."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import get_args

import pytest

from idp.config.tenant import TenantSettings
from idp.mail.message import Letter, build
from idp.mail.queue import What
from idp.mail.specimen import AT, USER, VALUES, specimen
from idp.web.letters import LETTERS, Letters
from idp.web.pages import Pages
from storage.mails import Mail
from tests.drawing import NOWHERE, parse

NAME = 'デモ株式会社 情報システム部 アカウント管理担当者一同, "ID" <x@example.com>'
SETTINGS = TenantSettings.model_validate(
    {
        "tenant": "demo",
        "base_url": "https://login.example.com/demo",
        "display_name": {"ja": NAME, "en": "Demo & Sons"},
        "support": {"ja": "内線 4242", "en": "ext. 4242"},
        "mail": {"host": "smtp.example.com", "sender": "idp@example.com"},
    }
)
LETTERS_OF_DEFAULT = Letters(Pages(NOWHERE))
MAIL = Mail("m1", "reset", "u1", "ja", b"", AT, AT, AT, AT)

each_kind = pytest.mark.parametrize("kind", sorted(LETTERS))


def sent(message: EmailMessage) -> EmailMessage:
    """As whoever gets it reads it."""
    read = message_from_bytes(message.as_bytes(), policy=default)
    assert isinstance(read, EmailMessage)
    return read


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


@each_kind
@pytest.mark.parametrize("locale", ["ja", "en"])
def test_both_texts_say_the_same_and_load_nothing(kind: str, locale: str) -> None:
    message = sent(specimen(LETTERS_OF_DEFAULT, kind, SETTINGS, locale))
    text, html = body(message, "plain"), body(message, "html")
    tree = parse(html)
    (heading,) = tree.all("h1")
    assert heading.text == message["Subject"] == tree.all("title")[0].text
    assert tree.all("html")[0].attributes["lang"] == message["Content-Language"] == locale
    for value in VALUES[kind].values():
        for part in value if isinstance(value, list) else [value]:
            assert isinstance(part, int) or part == "pattern" or (part in text and part in html)
    assert not [each.tag for each in tree if each.tag in ("img", "script", "link", "form", "iframe")]
    assert "url(" not in html and "@import" not in html
    assert {each.attributes["href"] for each in tree.all("a")} == {
        v for k, v in VALUES[kind].items() if k == "url"
    }
    assert ("ext. 4242" if locale == "en" else "内線 4242") in text


def test_every_kind_has_a_specimen_and_both_templates() -> None:
    assert VALUES.keys() == LETTERS.keys()
    assert {kind: values.keys() for kind, values in VALUES.items()} == LETTERS


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_each_change_is_called_by_its_name_and_says_whence_and_where_to_look(locale: str) -> None:
    subjects = set()
    for what in (*get_args(What), "card"):
        values = {**VALUES["changed"], "what": what}
        letter = LETTERS_OF_DEFAULT.write("changed", SETTINGS, locale, USER, values)
        subjects.add(letter.subject)
        for part in (letter.text, letter.html):
            assert "192.0.2.44" in part and "https://login.example.com/demo/account" in part
    assert len(subjects) == 9
    unknown = LETTERS_OF_DEFAULT.write(
        "changed", SETTINGS, locale, USER, {**VALUES["changed"], "address": ""}
    )
    assert "192.0.2" not in unknown.text + unknown.html


def test_values_that_a_theme_does_not_know_are_a_mistake() -> None:
    with pytest.raises(TypeError, match="mail locked: expected"):
        LETTERS_OF_DEFAULT.write("locked", SETTINGS, "ja", USER, {"url": "x"})


def test_headers_survive_any_display_name() -> None:
    """Read by RFC 2047 §6.2; the newer of Python's own parsers puts blanks between encoded words of names."""
    raw = build(SETTINGS, MAIL, USER, Letter("件名" * 40, "text\n", "<p>html</p>")).as_bytes()
    message = message_from_bytes(raw)
    sender, subject = (str(make_header(decode_header(message[name]))) for name in ("From", "Subject"))
    assert (sender, subject) == (f"{NAME} <idp@example.com>", "件名" * 40)
    assert message["Message-ID"] == "<m1@login.example.com>"
    assert raw.isascii() and all(len(line) <= 78 for line in raw.partition(b"\r\n\r\n")[0].splitlines())


@pytest.mark.parametrize(
    "address",
    [
        "yamada@例え.jp",
        "",
        "alice",
        "alice@",
        "a@b, eve@evil.example",
        "alice@example.com\r\nBcc: eve@evil.example",
        "<a@b.example>\0",
    ],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ValueError):
        build(SETTINGS, MAIL, replace(USER, email=address), Letter("s", "t\n", "h"))


def test_a_user_cannot_write_markup_or_lines_into_a_mail() -> None:
    eve = replace(USER, display_name="Eve</p><a href='https://evil.example'>\r\nBcc: x@evil.example")
    letter = LETTERS_OF_DEFAULT.write("locked", SETTINGS, "en", eve, VALUES["locked"])
    assert "<a" not in letter.html and "&lt;a" in letter.html and "\n" not in letter.subject


def test_a_theme_has_its_own_words_templates_and_style(tmp_path: Path) -> None:
    theme = tmp_path / "acme"
    (theme / "mail/html").mkdir(parents=True)
    (theme / "mail/style.css").write_text("p { color: #600; }")
    (theme / "mail/html/locked.html").write_text(
        '{% extends "default/mail/html/locked.html" %}{% block body %}<p>ACME</p>{{ super() }}{% endblock %}'
    )
    words = theme / "messages/en/LC_MESSAGES/masugata.po"
    words.parent.mkdir(parents=True)
    words.write_text(
        'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
        'msgid "mail.locked.subject"\nmsgstr "Locked at {tenant}"\n'
    )
    settings = SETTINGS.model_copy(update={"theme": "acme"})
    letter = Letters(Pages(tmp_path)).write("locked", settings, "en", USER, VALUES["locked"])
    assert letter.subject == "Locked at Demo & Sons" and "color: #600" in letter.html
    assert (
        "<p>ACME</p>" in letter.html
        and "Too many answers" in letter.html
        and "Too many answers" in letter.text
    )
