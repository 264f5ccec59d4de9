"""The words: complete, used, alike in every language, and read as gettext reads them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

from idp.audit_events import EVENTS
from idp.web.catalogue import CatalogueError, read
from idp.web.theme import BUILT_IN

DEFAULT = BUILT_IN / "default"
FILES = sorted(DEFAULT.glob("messages/*/LC_MESSAGES/masugata.po"))
HEADER = 'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n'
FROM_CODE = {"date.months", "date.day", "date.year", "locale.name"} | {  # said by catalogue.py and pages.py
    "token_app.name",
    "token_app.short",  # by the manifest
}
OF_EVENTS = {f"event.{event}" for event in EVENTS}  # by the console: an event without a name is a defect
# One word and one sign for one thing; between a number and what it counts a blank would let the line break.
OTHERWISE = re.compile(
    r"～|[ぁ-んァ-ヶ一-龥」）}]: |[\d}] (?:個|回|件|分|秒|文字|日間|台|桁)"
    "|コンマ|だれ|いまの|窓口|回復コード|固定文字列|認証コード"
)


def keys_of_templates() -> set[str]:
    keys = set()
    for path in (*DEFAULT.rglob("*.html"), *DEFAULT.rglob("*.txt")):
        for call in Environment(autoescape=True).parse(path.read_text()).find_all(nodes.Filter):
            if call.name == "t":
                assert isinstance(call.node, nodes.Const), f"{path}: a key is written out, never computed"
                keys.add(call.node.value)
    return keys


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{([a-z_]+)\}", text))


@pytest.fixture(params=FILES, ids=lambda path: path.parts[-3])
def file(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_japanese_and_english_are_there() -> None:
    assert [path.parts[-3] for path in FILES] == ["en", "ja"]


def test_every_word_that_is_used_is_there_and_every_word_there_is_used(file: Path) -> None:
    assert set(read(file).texts) == keys_of_templates() | FROM_CODE | OF_EVENTS


def test_japanese_has_one_word_for_one_thing() -> None:
    texts = read(FILES[1]).texts
    assert [key for key, forms in texts.items() if any(map(OTHERWISE.search, forms))] == []


def test_events_are_told_apart(file: Path) -> None:
    texts = read(file).texts
    assert len({texts[key] for key in OF_EVENTS}) == len(OF_EVENTS)


def test_placeholders_are_those_of_the_other_languages(file: Path) -> None:
    other = read(FILES[0]).texts
    for key, forms in read(file).texts.items():
        expected = set().union(*map(placeholders, other[key]))
        assert {frozenset(placeholders(form)) for form in forms} == {frozenset(expected)}, key


def test_babel_reads_the_same(file: Path) -> None:
    with file.open("rb") as stream:
        expected = read_po(stream, locale=file.parts[-3])
    texts = {
        message.id[0] if isinstance(message.id, tuple) else message.id: (
            message.string if isinstance(message.string, tuple) else (message.string,)
        )
        for message in expected
        if message.id
    }
    words = read(file)
    assert words.texts == texts
    assert (
        len(texts) == len([line for line in file.read_text().splitlines() if line.startswith("msgid ")]) - 1
    )
    for forms in texts.values():
        assert len(forms) in (1, expected.num_plurals)


def test_a_plural_has_a_form_for_every_number(file: Path) -> None:
    words = read(file)
    for forms in words.texts.values():
        if any("{n}" in form for form in forms):
            assert {words.plural(n) for n in range(200)} == set(range(len(forms)))


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ('msgid "a"\nmsgstr "{0}"\n', "5: a placeholder is a plain name"),
        ('msgid "a"\nmsgstr "{x.__class__}"\n', "5: a placeholder is a plain name"),
        ('msgid "a"\nmsgstr "{x!r:>9}"\n', "5: a placeholder is a plain name"),
        ('msgid "a"\nmsgstr "x"\n\nmsgid "a"\nmsgstr "y"\n', "8: a is given twice"),
        ('msgid "a"\nmsgstr ""\n', "5: an entry needs msgid and msgstr"),
        ('msgstr "x"\n', "5: an entry needs msgid and msgstr"),
        ('msgid "a\n', "5: not a line of a gettext catalogue"),
        ("hello\n", "5: not a line of a gettext catalogue"),
        ('"lost"\n', "5: not a line of a gettext catalogue"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, mistake: str) -> None:
    path = tmp_path / "masugata.po"
    path.write_text(f"{HEADER}\n{text}")
    with pytest.raises(CatalogueError, match=re.escape(f"{path}:{mistake}")):
        read(path)


def test_a_catalogue_says_how_its_language_counts(tmp_path: Path) -> None:
    path = tmp_path / "masugata.po"
    path.write_text('msgid "a"\nmsgstr "b"\n')
    with pytest.raises(CatalogueError, match="Plural-Forms"):
        read(path)
