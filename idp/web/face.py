"""A theme in one language: its pages and its mails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from jinja2 import Template

from idp.web.templates import Templates
from idp.web.theme import BUILT_IN, DEFAULT, Theme

# What nobody signs in without: compiled before workers are forked, who share it.
OF_EVERY_LOGIN: Final = ("login/", "error/")


@dataclass(frozen=True, slots=True)
class Face:
    """A theme, its pages and its mails in one language."""

    theme: Theme
    templates: Templates
    letters: Mapping[str, tuple[Template, Template]]

    @classmethod
    def of(cls, theme: Theme, locale: str) -> Face:
        """Nothing of its pages is compiled yet. Raises `ThemeError` or `CatalogueError`."""
        words = theme.words(locale)
        return cls(theme, theme.templates(locale, words), theme.letters(words))


def compiled(theme: Theme, locale: str) -> Face:
    """Of a theme that may have mistakes: they are found now. Raises `ThemeError` or `CatalogueError`."""
    face = Face.of(theme, locale)
    face.templates.compile()
    return face


@cache
def default() -> Theme:
    """The default theme as it is installed: read, and its templates parsed, once a process."""
    return Theme(DEFAULT, [BUILT_IN])


@cache
def built_in(locale: str) -> Face:
    """The same in one language, once a process: a reload has better things to do.

    It has no mistakes, so most of its pages are compiled when they are first shown: all of them would take a quarter
    of a start.
    """
    face = Face.of(default(), locale)
    face.templates.compile(*OF_EVERY_LOGIN)
    return face
