"""A page as a machine reads it: forms, links, the table of digits, alerts. Its words are never relied on."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

from tests.people import Table

REDIRECTS = (301, 302, 303, 307, 308)
ASKED = ("username", "password", "answer")  # the fields that ask something, one a page


@dataclass
class Form:
    """One form of a page; `fields` holds what it would send untouched."""

    action: str
    method: str = "get"
    fields: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, dict[str, str | None]] = field(default_factory=dict)  # attributes of each by its name
    choices: dict[str, list[str]] = field(default_factory=dict)  # the values of each <select> by its name


class _Reader(HTMLParser):
    """Collects forms, links, the matrix, and the text of alerts."""

    VOID = frozenset(("input", "img", "br", "hr", "meta", "link", "col", "wbr"))

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.table: Table | None = None
        self.alerts: list[str] = []
        self.language = ""
        self._open: list[tuple[str, str]] = []  # tag and what it means to us

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        meaning = ""
        match tag:
            case "html":
                self.language = given.get("lang") or ""
            case "form":
                self.forms.append(Form(given.get("action") or "", (given.get("method") or "get").lower()))
            case "input" if self.forms and (name := given.get("name")):
                self.forms[-1].inputs[name] = given
                self.forms[-1].fields[name] = given.get("value") or ""
            case "select" if self.forms and (name := given.get("name")):
                self.forms[-1].choices[name] = []
            case "option" if self.forms and (choices := self.forms[-1].choices):
                name = next(reversed(choices))
                choices[name].append(given.get("value") or "")
                if "selected" in given or name not in self.forms[-1].fields:
                    self.forms[-1].fields[name] = given.get("value") or ""
            case "a" if given.get("href"):
                self.links.append(given["href"] or "")
            case "table" if given.get("id") == "matrix":
                self.table, meaning = [], "matrix"
            case "tr" if self._is_in("matrix"):
                assert self.table is not None
                self.table.append([])
            case "td" if self._is_in("matrix"):
                meaning = "cell"
        if given.get("role") == "alert":
            self.alerts.append("")
            meaning = "alert"
        if tag not in self.VOID:
            self._open.append((tag, meaning))

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            opened, _ = self._open.pop()
            if opened == tag:
                break

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][1] == "cell" and self.table:
            self.table[-1].append(data.strip())
        if self._is_in("alert"):
            self.alerts[-1] += data

    def _is_in(self, meaning: str) -> bool:
        return any(held == meaning for _, held in self._open)


@dataclass
class Page:
    """An answer, read."""

    url: str
    status: int
    headers: Any
    body: bytes
    forms: list[Form] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    table: Table | None = None
    alerts: list[str] = field(default_factory=list)
    language: str = ""

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def location(self) -> str | None:
        """Where a redirect leads, absolute."""
        if self.status not in REDIRECTS:
            return None
        return urljoin(self.url, self.headers["Location"])

    @property
    def form(self) -> Form:
        """The login form: the one with a field that we can answer."""
        return next(form for form in self.forms if form.inputs.keys() & set(ASKED))

    @property
    def asked(self) -> str:
        """The name of the open question's field; empty where nothing is asked."""
        for form in self.forms:
            for name in ASKED:
                if name in form.inputs:
                    return name
        return ""

    @classmethod
    def read(cls, url: str, status: int, headers: Any, body: bytes) -> Page:
        page = cls(url, status, headers, body)
        if headers.get("Content-Type", "").startswith("text/html"):
            reader = _Reader()
            reader.feed(body.decode())
            page.forms, page.links, page.alerts = reader.forms, reader.links, reader.alerts
            page.language = reader.language
            if reader.table is not None:
                page.table = [row for row in reader.table if row]
        return page
