"""A page of ours as a browser without a screen reads it: forms, the table of digits, and the words that people see."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

QUESTIONS: Final = ("username", "password", "answer")  # the names of fields, one of which is open on a page
WORDS: Final = ("h1", "p", "dd")
LONGEST: Final = 300  # of the words that are repeated to an administrator
_VOID: Final = frozenset(("input", "img", "br", "hr", "meta", "link", "col", "wbr"))


@dataclass(slots=True)
class Form:
    """`fields` is what it sends untouched; `question` the field that a person fills in, if there is one."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    question: str = ""


@dataclass(slots=True)
class Page:
    """What was read of it."""

    forms: list[Form] = field(default_factory=list)
    table: list[list[str]] = field(default_factory=list)
    words: str = ""

    @property
    def form(self) -> Form | None:
        """The one that asks something."""
        return next((form for form in self.forms if form.question), None)

    def form_with(self, name: str) -> Form | None:
        """The one that carries a field of that name."""
        return next((form for form in self.forms if name in form.fields), None)


def read(text: str) -> Page:
    """Whatever stands there: what is no page of ours has no form."""
    reader = _Reader()
    reader.feed(text)
    page = reader.page
    page.table = [row for row in page.table if row]
    page.words = " ".join(" ".join(reader.said).split())[:LONGEST]
    return page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self.said: list[str] = []
        self._open: list[str] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in _VOID:
            self._open.append("matrix" if tag == "table" and given.get("id") == "matrix" else tag)
        if tag == "form":
            self.page.forms.append(Form(given.get("action", "")))
        elif tag == "tr" and "matrix" in self._open:
            self.page.table.append([])
        elif self.page.forms:
            self._field(self.page.forms[-1], tag, given)

    def _field(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name, value = given.get("name", ""), given.get("value", "")
        if tag == "input" and name:
            form.fields[name] = value
            if name in QUESTIONS and given.get("type") != "hidden":
                form.question = name
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in form.fields):
            form.fields[self._select] = value

    def handle_endtag(self, tag: str) -> None:
        closes = ("matrix", tag) if tag == "table" else (tag,)
        while self._open and self._open.pop() not in closes:
            pass

    def handle_data(self, data: str) -> None:
        if self._open[-1:] == ["td"] and "matrix" in self._open:
            self.page.table[-1].append(data.strip())
        elif "footer" not in self._open and not set(WORDS).isdisjoint(self._open):
            self.said.append(data)
