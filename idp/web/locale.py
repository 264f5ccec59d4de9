"""Which language to speak, and which of a text's languages to show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

_LONGEST = 200  # characters of Accept-Language that are read: browsers send 20 to 60


@lru_cache(maxsize=1024)
def choose_locale(accept_language: str, cookie: str, parameter: str, locales: tuple[str, ...]) -> str:
    """The language for a request: asked for here, chosen before, or set in the browser; else the first.

    `parameter` is `ui_locales`: language tags with spaces between, best first (OpenID Connect Core §3.1.2.1).
    """
    offered = {locale.lower(): locale for locale in locales}
    for wished in (parameter[:_LONGEST].split(), [cookie], _by_quality(accept_language[:_LONGEST])):
        for language_range in wished:
            found = _lookup(language_range.lower(), offered)
            if found is not None:
                return found
    return locales[0]


def pick(texts: Mapping[str, str], locale: str, locales: tuple[str, ...] = ()) -> str:
    """The text in the wanted language, else in the first of the tenant's that there is, else any."""
    for wanted in (locale, *locales):
        if wanted in texts:
            return texts[wanted]
    return next(iter(texts.values()))


def _lookup(language_range: str, offered: Mapping[str, str]) -> str | None:
    """RFC 4647 §3.4: cut the range from its end until it is a language that we speak."""
    subtags = language_range.split("-")
    while subtags:
        found = offered.get("-".join(subtags))
        if found is not None:
            return found
        subtags.pop()
        if subtags and len(subtags[-1]) == 1:  # a singleton says nothing without what followed it
            subtags.pop()
    return None


def _by_quality(accept_language: str) -> Iterator[str]:
    """The ranges of the header, most wanted first (RFC 9110 §12.5.4)."""
    ranges = []
    for part in accept_language.split(","):
        language_range, _, parameter = part.partition(";")
        quality = _quality(parameter.strip())
        if quality > 0:
            ranges.append((-quality, language_range.strip()))
    ranges.sort(key=lambda pair: pair[0])
    return (language_range for _, language_range in ranges)


def _quality(parameter: str) -> float:
    try:
        return float(parameter.removeprefix("q=")) if parameter else 1.0
    except ValueError:
        return 0.0
