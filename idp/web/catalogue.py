"""The words of one language: gettext catalogues (.po), read as they are; nothing has to be compiled."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from gettext import c2py
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

Forms = tuple[str, ...]  # one text, or one for each plural form of the language

_LINE: Final = re.compile(r'(?:(msgid|msgid_plural|msgstr)(?:\[(\d)\])?\s+)?(".*")\s*$')
_PLURAL: Final = re.compile(r"^Plural-Forms:\s*nplurals=(\d);\s*plural=([^;\n]+);", re.MULTILINE)
_BRACES: Final = re.compile(r"\{[a-z_]+\}")  # a placeholder is a plain name: no attribute, index or format


class CatalogueError(ValueError):
    """A catalogue that cannot be read: says file, line and what is wrong."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Texts by key. Keys name a meaning (`login.matrix.prompt`), never a wording."""

    texts: Mapping[str, Forms]
    plural: Callable[[int], int]

    def say(self, key: str, n: int | None = None, **values: object) -> str:
        """The text of `key` with its placeholders filled in; `n` chooses the plural form and fills `{n}`.

        Where a value is markup, so is the text: what was escaped once is not escaped again.

        Raises KeyError for an unknown key or a placeholder without a value.
        """
        forms = self.texts[key]
        if n is not None:
            return _filled(forms[self.plural(n)], {"n": n, **values})
        return _filled(forms[0], values) if values else forms[0]

    def moment(self, at: int, now: int, zone: ZoneInfo) -> str:
        """A point in time as this language writes it: `18:42` today, else with its day. Epoch seconds."""
        then, today = datetime.fromtimestamp(at, zone), datetime.fromtimestamp(now, zone)
        time = f"{then:%H:%M}"
        if then.date() == today.date():
            return time
        key = "date.day" if then.year == today.year else "date.year"
        month = self.say("date.months").split()[then.month - 1]
        return self.say(key, year=then.year, month=month, day=then.day, time=time)

    def overridden_by(self, other: Catalogue) -> Catalogue:
        """This catalogue with the texts of a theme that says some things differently."""
        return Catalogue({**self.texts, **other.texts}, self.plural)


def _filled(text: str, values: Mapping[str, object]) -> str:
    if any(isinstance(value, Markup) for value in values.values()):
        return escape(text).format(**values)
    return text.format(**values)


def read(path: Path) -> Catalogue:
    """The catalogue in a .po file. Raises `CatalogueError`, also for a key that is given twice."""
    texts: dict[str, Forms] = {}
    for line, key, forms in _entries(path):
        if key in texts:
            raise CatalogueError(f"{path}:{line}: {key} is given twice")
        for text in forms if key else ():
            if set("{}") & set(_BRACES.sub("", text)):
                raise CatalogueError(f"{path}:{line}: a placeholder is a plain name in braces")
        texts[key] = forms
    header = _PLURAL.search(texts.pop("", ("",))[0])
    if header is None:
        raise CatalogueError(f"{path}:1: the header has no Plural-Forms")
    return Catalogue(texts, c2py(header[2]))


def _entries(path: Path) -> Iterator[tuple[int, str, Forms]]:
    """Line, key and texts of each entry: blocks apart by empty lines, comments left out."""
    numbered = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    entry: dict[str, str] = {}
    field = ""
    start = 1
    for number, line in numbered:
        if not line.strip():
            if entry:
                yield _entry(path, start, entry)
            entry = {}
        elif not line.startswith("#"):
            found = _LINE.fullmatch(line)
            if found is None or not (found[1] or entry):
                raise CatalogueError(f"{path}:{number}: not a line of a gettext catalogue")
            start = start if entry else number
            field = found[1] + (found[2] or "") if found[1] else field
            entry[field] = entry.get(field, "") + ast.literal_eval(found[3])
    if entry:
        yield _entry(path, start, entry)


def _entry(path: Path, line: int, entry: Mapping[str, str]) -> tuple[int, str, Forms]:
    texts = tuple(text for field, text in entry.items() if field.startswith("msgstr"))
    if "msgid" not in entry or not all(texts) or not texts:
        raise CatalogueError(f"{path}:{line}: an entry needs msgid and msgstr")
    return line, entry["msgid"], texts
