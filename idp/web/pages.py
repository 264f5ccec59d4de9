"""The pages: theme, language and variables in, bytes and headers out. Knows nothing of the web server."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from idp.config.tenant import TenantSettings
from idp.web.app_files import AppFiles
from idp.web.catalogue import Catalogue
from idp.web.contract import variables as complete
from idp.web.face import Face, built_in, compiled, default
from idp.web.headers import HANDOVER, page_headers
from idp.web.locale import pick
from idp.web.theme import BUILT_IN, STYLE_SLOT, Theme, linked
from storage.quick import quick

PAPER: Final = "paper/"  # nobody can choose on it


class Branded(Protocol):
    """Of a tenant, what pages show."""

    @property
    def settings(self) -> TenantSettings: ...
    @property
    def prefix(self) -> str: ...


@quick
@dataclass(frozen=True, slots=True)
class PageText:
    """A page as it goes out. The headers are shared between pages: copy before changing."""

    status: int
    body: bytes
    headers: Mapping[str, str]


@dataclass(slots=True)
class Language:
    """One language of the switch."""

    tag: str
    name: str
    url: str
    current: bool


class Pages:
    """All themes in use; opened once, before workers are forked, so that they share what is compiled."""

    def __init__(self, themes_folder: Path) -> None:
        """`themes_folder` is the configuration's own, searched before the built-in one; it need not exist."""
        self._folders = (themes_folder, BUILT_IN)
        self._themes: dict[str, Theme] = {}
        self._faces: dict[tuple[str, str], Face] = {}

    def prepare(self, theme: str, locales: Iterable[str]) -> None:
        """Read and compile what a tenant needs. Raises `ThemeError` or `CatalogueError`."""
        for locale in locales:
            self._face(theme, locale)

    def has(self, faces: Collection[tuple[str, str]]) -> bool:
        """Whether all of these, theme and language, are prepared."""
        return self._faces.keys() >= set(faces)

    def render(
        self,
        page: str,
        *,
        tenant: Branded,
        locale: str,
        status: int = 200,
        destinations: tuple[str, ...] = (),
        frames: tuple[str, ...] = (),
        here: str = "",
        **variables: Any,
    ) -> PageText:
        """One page. `destinations`: where a form's answer may lead; `frames`: what it frames; `here`: its path.

        Raises TypeError for variables that break the page's contract, KeyError for a page that no theme has.
        """
        settings, handover = tenant.settings, page.startswith(HANDOVER)
        face = self._face(settings.theme, locale)
        support = settings.support and linked(pick(settings.support, locale, settings.locales))
        text = face.templates[page].render(
            complete(page, variables),
            tenant=pick(settings.display_name, locale, settings.locales),
            prefix=tenant.prefix,
            support=support,
            languages=[] if handover or page.startswith(PAPER) else self._languages(settings, locale, here),
        )
        headers = page_headers(
            page,
            face.theme.style_hash,
            locale,
            destinations,
            frames,
        )
        before, slot, after = text.partition(STYLE_SLOT)
        style = face.theme.style if slot else b""  # the token app loads it
        return PageText(status, b"".join((before.encode(), style, after.encode())), headers)

    def letter(
        self, kind: str, *, settings: TenantSettings, locale: str, **variables: Any
    ) -> tuple[str, str]:
        """One mail as text, its subject in the first line, and as HTML. See `idp.web.letters`."""
        face = self._face(settings.theme, locale)
        told = {
            **variables,
            "lang": locale,
            "style": face.theme.mail_style,
            "tenant": pick(settings.display_name, locale, settings.locales),
            "support": settings.support and pick(settings.support, locale, settings.locales),
        }
        text, html = face.letters[kind]
        return text.render(told), html.render(told)

    def words(self, theme: str, locale: str) -> Catalogue:
        """What a theme says in one language."""
        return self._theme(theme).words(locale)

    def locales(self, theme: str) -> tuple[str, ...]:
        """The languages that a theme speaks."""
        return self._theme(theme).locales()

    def static_files(self, theme: str) -> Mapping[str, tuple[bytes, str]]:
        """What a theme's pages load, by path below `/static/`: content and type."""
        return self._theme(theme).static

    def static(self, path: str) -> tuple[bytes, str] | None:
        """A file below `/static/` by `{version}/{name}`: content and type, or None."""
        return next((theme.static[path] for theme in self._themes.values() if path in theme.static), None)

    def app(self, theme: str) -> AppFiles:
        """The files of the token app."""
        return self._theme(theme).app

    def _face(self, name: str, locale: str) -> Face:
        face = self._faces.get((name, locale))
        if face is None:
            theme = self._theme(name)
            face = built_in(locale) if theme.is_built_in else compiled(theme, locale)
            self._faces[name, locale] = face
        return face

    def _theme(self, name: str) -> Theme:
        theme = self._themes.get(name)
        if theme is None:
            theme = Theme(name, self._folders)
            theme = self._themes[name] = default() if theme.is_built_in else theme
        return theme

    def _languages(self, settings: TenantSettings, locale: str, here: str) -> list[Language]:
        """The language switch: each language by its own name, and this page's address in it."""
        if not here.startswith("/") or here.startswith("//"):
            here = ""  # relative: the browser keeps its path, and nothing can lead off this host
        separator = "&" if "?" in here else "?"
        name = self._name
        return [
            Language(tag, name(settings.theme, tag), f"{here}{separator}ui_locales={tag}", tag == locale)
            for tag in settings.locales
        ]

    def _name(self, theme: str, locale: str) -> str:
        return self.words(theme, locale).say("locale.name")
