"""Every page in every state and language, from the theme's fixtures: to look at, and to test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from idp.config.tenant import TenantSettings
from idp.web.pages import Pages, PageText
from idp.web.theme import BUILT_IN, DEFAULT


@dataclass(frozen=True, slots=True)
class Sitter:
    """The tenant of the fixtures. Its pages lie one folder below the files that they load."""

    settings: TenantSettings
    prefix: str = ".."


@dataclass(frozen=True)
class Entry:
    """One picture of the gallery, drawn when it is first looked at; `path` is where it lies in it."""

    page: str
    state: str
    locale: str
    draw: Callable[[], PageText]

    @cached_property
    def text(self) -> PageText:
        return self.draw()

    @property
    def path(self) -> str:
        name = f"{self.page}-{self.state}".replace("/", "-").replace(" ", "-")
        return f"{self.locale}/{name}.html"


class Gallery:
    """The fixtures of the default theme, drawn in any theme."""

    def __init__(self, pages: Pages, theme: str) -> None:
        self._pages = pages
        self._theme = theme
        text = (BUILT_IN / DEFAULT / "fixtures.yaml").read_text(encoding="utf-8")
        self._fixtures: Mapping[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)

    def entries(self) -> Iterator[Entry]:
        """Page by page, state by state, language by language."""
        locales = self._pages.locales(self._theme)
        settings = {**self._fixtures["tenant"], "theme": self._theme, "locales": locales}
        sitter = Sitter(TenantSettings.model_validate(settings))
        for page, states in self._fixtures["pages"].items():
            for state, variables in states.items():
                for locale in locales:
                    spoken = _spoken(variables, locale)
                    draw = partial(self._pages.render, page, tenant=sitter, locale=locale, **spoken)
                    yield Entry(page, state, locale, draw)

    def write(self, out: Path) -> int:
        """All entries as files with an index; returns how many there are."""
        entries = list(self.entries())
        for entry in entries:
            _write(out / entry.path, entry.text.body)
        for path, (body, _) in self._pages.static_files(self._theme).items():
            _write(out / "static" / path, body)
        environment = Environment(
            loader=FileSystemLoader(BUILT_IN / DEFAULT), autoescape=True, undefined=StrictUndefined
        )
        groups = [(page, list(group)) for page, group in groupby(entries, key=lambda entry: entry.page)]
        index = environment.get_template("gallery.html").render(theme=self._theme, gallery=groups)
        _write(out / "index.html", index.encode())
        return len(entries)


def _spoken(value: Any, locale: str) -> Any:
    """Fixtures with each text in one language; a language that the fixtures lack borrows English."""
    if isinstance(value, Mapping):
        if value and all(len(key) == 2 for key in value):  # ja, en: no variable's name is that short
            return value.get(locale, value["en"])
        return {key: _spoken(item, locale) for key, item in value.items()}
    return [_spoken(item, locale) for item in value] if isinstance(value, list) else value


def _write(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
