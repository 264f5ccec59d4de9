"""A theme on disk: a folder of templates, tokens, logo, words and files that overrides the default one."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    Template,
    TemplateError,
)
from jinja2.utils import urlize
from markupsafe import Markup

from idp.config.theme_files import LinkedOut, theme_files, visible
from idp.web import app_files, catalogue
from idp.web.app_files import AppFiles
from idp.web.catalogue import Catalogue
from idp.web.flatten import Sources, compile_flat
from idp.web.matrix_table import matrix_rows, pattern_rows
from idp.web.qr import qr, revealed
from idp.web.templates import Templates

DEFAULT: Final = "default"
BUILT_IN: Final = Path(__file__).parents[2] / "themes"
CONTENT_TYPES: Final = {
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
}
# Stands for the style sheet, two thirds of a page, until the rest is encoded.
STYLE_SLOT: Final = "\0"
LARGEST_LOGO: Final = 4096  # bytes: it travels inside every page


class ThemeError(ValueError):
    """A theme that cannot be used: says which and why."""


class Theme:
    """One theme, read once: templates, tokens.css, style.css, logo.svg, messages/ and static/."""

    def __init__(self, name: str, folders: Iterable[Path]) -> None:
        """`folders` hold themes by name; the first that has this one counts. Raises `ThemeError`."""
        found = next((path for folder in folders if (path := folder / name).is_dir()), None)
        if found is None:
            raise ThemeError(f"theme {name}: there is no such folder")
        self.name = name
        default = BUILT_IN / DEFAULT
        try:
            list(theme_files(found))
        except LinkedOut as error:
            raise ThemeError(f"theme {name}: {error}") from None
        self._layers = (default,) if found == default else (found, default)
        self._words: dict[str, Catalogue] = {}
        self.style = self._style().encode()
        digest = hashlib.sha256(self.style).digest()
        self.style_hash = f"sha256-{base64.b64encode(digest).decode()}"
        self.logo = self._logo()
        self.static = dict(self._static())
        self.app = AppFiles(self._layers, self.style)
        self._sources = Sources(self._environment())

    @property
    def is_built_in(self) -> bool:
        """Whether it is the default theme with nothing over it: files that change with the program alone."""
        return self._layers == (BUILT_IN / DEFAULT,)

    def locales(self) -> tuple[str, ...]:
        """The languages that this theme speaks."""
        folders = (path for layer in self._layers for path in visible(layer / "messages", "*"))
        return tuple(sorted({path.name for path in folders if path.is_dir()}))

    def words(self, locale: str) -> Catalogue:
        """The default theme's texts in one language, overridden by this theme's. Raises `ThemeError`."""
        if locale not in self._words:
            self._words[locale] = self._read_words(locale)
        return self._words[locale]

    def _read_words(self, locale: str) -> Catalogue:
        file = Path("messages", locale, "LC_MESSAGES", "masugata.po")
        files = [layer / file for layer in reversed(self._layers)]
        found = [catalogue.read(file) for file in files if file.is_file()]
        if not found:
            raise ThemeError(f"theme {self.name}: there are no messages for {locale}")
        words = found[0]
        for other in found[1:]:
            words = words.overridden_by(other)
        return words

    def templates(self, locale: str, words: Catalogue) -> Templates:
        """All pages by name (`login/matrix`), compiled with one language's words. To compile raises `ThemeError`."""
        environment = self._environment(words)
        pages = {path.relative_to(layer) for layer in self._layers for path in visible(layer, "*/*.html")}
        constants = {"lang": locale, "logo": self.logo, "style": STYLE_SLOT}

        def compiled(name: str) -> Template:
            try:
                return compile_flat(environment, self._sources, f"{name}.html", constants)
            except TemplateError as error:
                raise ThemeError(f"theme {self.name}: {error}") from error

        return Templates([app_files.PAGE, *(str(page.with_suffix("")) for page in pages)], compiled)

    def letters(self, words: Catalogue) -> dict[str, tuple[Template, Template]]:
        """All mails by kind, as text and as HTML, with one language's words. Raises `ThemeError`."""
        environment = self._environment(words)
        plain = environment.overlay(autoescape=False)
        kinds = {path.stem for layer in self._layers for path in visible(layer, "mail/text/*.txt")}
        try:
            return {
                kind: (
                    plain.get_template(f"mail/text/{kind}.txt"),
                    environment.get_template(f"mail/html/{kind}.html"),
                )
                for kind in kinds
            }
        except TemplateError as error:
            raise ThemeError(f"theme {self.name}: {error}") from error

    @property
    def mail_style(self) -> Markup:
        """The style sheet of mails, which know nothing of ours: mail programs take little of CSS."""
        return Markup(self._sheet([self._file("mail/style.css")]))  # noqa: S704  a file of the theme

    def _environment(self, words: Catalogue | None = None) -> Environment:
        """To compile with the words of a language, or without any to parse."""
        own, default = self._layers[0], self._layers[-1]
        environment = Environment(
            loader=ChoiceLoader(
                [
                    FileSystemLoader([own, default]),
                    PrefixLoader({DEFAULT: FileSystemLoader(default)}),  # for {% extends "default/…" %}
                ]
            ),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
        )
        environment.globals.clear()
        if words is None:
            return environment
        addresses = {address.partition("/")[2]: f"/static/{address}" for address in self.static}
        # Filters of constants are folded when a template is compiled: a text costs nothing per request.
        environment.filters.update(t=words.say, static=addresses.__getitem__, matrix_rows=matrix_rows)
        environment.filters.update(pattern_rows=pattern_rows, qr=qr, revealed=revealed)
        return environment

    def _file(self, name: str) -> Path:
        return next(path for layer in self._layers if (path := layer / name).is_file())

    def _style(self) -> str:
        """Default tokens, then the theme's own, then one set of rules."""
        tokens = [file for layer in reversed(self._layers) if (file := layer / "tokens.css").is_file()]
        return self._sheet([*tokens, self._file("style.css")])

    def _sheet(self, files: Iterable[Path]) -> str:
        text = "\n".join(file.read_text() for file in files)
        if "</" in text:
            raise ThemeError(f"theme {self.name}: a style sheet holds a closing tag")
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        return re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\s+", " ", text)).strip()

    def _logo(self) -> str:
        svg = self._file("logo.svg").read_bytes()
        if len(svg) > LARGEST_LOGO:
            raise ThemeError(f"theme {self.name}: logo.svg is larger than {LARGEST_LOGO} bytes")
        return "data:image/svg+xml;base64," + base64.b64encode(svg).decode()

    def _static(self) -> Iterable[tuple[str, tuple[bytes, str]]]:
        """Files by `{hash of content}/{name}`: such an address may be cached for good."""
        names = {path.name for layer in self._layers for path in visible(layer / "static", "*.*")}
        for name in sorted(names):
            file = self._file(f"static/{name}")
            if file.suffix not in CONTENT_TYPES:
                raise ThemeError(f"theme {self.name}: static/{name} is of no type that pages may load")
            body = file.read_bytes()
            yield f"{hashlib.sha256(body).hexdigest()[:12]}/{name}", (body, CONTENT_TYPES[file.suffix])


@lru_cache(maxsize=256)
def linked(text: str) -> Markup:
    """Text with its addresses made into links; everything else in it is escaped."""
    return Markup(urlize(text))  # noqa: S704  urlize escapes
