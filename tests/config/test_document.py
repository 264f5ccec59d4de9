"""One YAML file, read within bounds, that remembers where everything stands."""

import itertools
from pathlib import Path

import pytest

from idp.config import document
from idp.config.document import Document
from idp.config.mistake import Findings
from idp.config.node import MAX_NODES


def read(folder: Path, text: str | bytes) -> tuple[Document | None, list[str]]:
    file = folder / "x.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    findings = Findings()
    found = document.read(file, findings)
    return found, [f"{each.at.line}:{each.at.column}: {each.words}" for each in findings.errors]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),  # the language of Norway is no boolean
        ("on", "on"),
        ("22:00", "22:00"),  # an hour is no number to the base of sixty
        ("010", 10),
        ("2026-01-01", "2026-01-01"),
        ("true", True),
        ("'true'", "true"),
        ("~", None),
        ("", None),
        ("1.5", 1.5),
        ("-3", -3),
        ("9" * 30, float("9" * 30)),
        ("<<", "<<"),
    ],
)
def test_words_mean_what_yaml_1_2_says(tmp_path: Path, text: str, value: object) -> None:
    found, wrong = read(tmp_path, f"key: {text}\n")
    assert (found and found.data, wrong) == ({"key": value}, [])


def test_every_key_and_value_has_its_position(tmp_path: Path) -> None:
    found, _ = read(tmp_path, "a:\n  b: [1, {c: x}]\n")
    assert found is not None
    at = found.position(("a", "b", 1, "c"))
    assert (at.line, at.column) == (2, 14)
    at = found.key_position(("a", "b", 1, "c"))
    assert (at.line, at.column) == (2, 11)
    at = found.position(("a", "missing", "below"))
    assert (at.line, at.column) == (2, 3), "the nearest thing that is there"


def test_an_alias_stands_where_its_anchor_does(tmp_path: Path) -> None:
    found, wrong = read(tmp_path, "a: &x {k: 1}\nb: *x\n")
    assert wrong == [] and found is not None
    assert found.data == {"a": {"k": 1}, "b": {"k": 1}}
    assert found.position(("b", "k")).line == 1


def laughs() -> str:
    names = "abcdefghij"
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for before, name in itertools.pairwise(names):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]")
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (laughs(), f"5:28: has more than {MAX_NODES} values, aliases counted, split the file"),
        ("[" * 100_000, "1:34: is nested more than 32 levels deep"),
        ("a: &a [*a]", "1:8: no anchor &a stands before this alias"),
        ("a: 1\nb: 2\na: 3", "3:1: the key a stands here twice, first in line 1: remove one"),
        (
            "a: !!python/object/apply:os.system [id]",
            "1:4: the tag tag:yaml.org,2002:python/object/apply:os.system",
        ),
        ("a: {[b]: c}", "1:5: a key must be a plain word"),
        ("a: 1\n---\nb: 2", "2:1: a second document begins here"),
        ("a: b: c", "1:5: this is not YAML: a value with a colon stands in quotes"),
        ("a:\n\tb: 1", "2:1: this is not YAML: put the value in quotes, and indent with spaces"),
        ("a: [1,\nb: 2", "this is not YAML"),
        ("a: \x01", "1:4: this character may not stand in YAML"),
        (b"a: \xff", "1:4: is not UTF-8, save it as UTF-8"),
        (b"a" * (document.MAX_BYTES + 1), "1:1: is larger than 1048576 bytes"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_is_refused(tmp_path: Path, text: str | bytes, mistake: str) -> None:
    """Bounded in size, depth and aliases; nothing in a file is ever executed."""
    _, wrong = read(tmp_path, text)
    assert len(wrong) == 1
    assert mistake in wrong[0]


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    found, wrong = read(tmp_path, b"\xef\xbb\xbfa: 1")
    assert (found and found.data, wrong) == ({"a": 1}, [])


def test_a_folder_in_place_of_a_file_is_told(tmp_path: Path) -> None:
    findings = Findings()
    assert document.read(tmp_path, findings) is None
    assert findings.errors[0].words == "cannot be read: is a directory"
