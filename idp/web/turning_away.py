"""What those are answered who are turned away: made once, so that it costs next to nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from itertools import cycle
from typing import Final

from aiohttp import hdrs, web

from idp.web import face

LOCALES: Final = ("ja", "en")  # of the built-in theme; whose tenant it is, nobody has looked yet
JSON: Final = b'{"error":"temporarily_unavailable"}'  # RFC 6749 §4.1.2.1
RETRY_SECONDS: Final = range(1, 6)  # in turns: who was turned away together shall not come again together
_STYLE: Final = "body{font:1.1rem/1.6 sans-serif;margin:12vh auto;max-width:32rem;padding:0 1rem}"
_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_EVERY: Final[dict[str, str]] = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Server": "Masugata",  # else the library names itself
}
_OF_JSON: Final = {"Content-Type": "application/json"}
_OF_PAGES: Final = {
    locale: {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Language": locale,
        "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-ancestors 'none'",
        "Referrer-Policy": "same-origin",
        "X-Frame-Options": "DENY",
    }
    for locale in LOCALES
}


class TurningAway:
    """Makes the answers."""

    def __init__(self) -> None:
        self._pages = {locale: _page(locale) for locale in LOCALES}
        self._seconds = cycle(map(str, RETRY_SECONDS))

    def answer(self, headers: Mapping[str, str]) -> web.Response:
        """503, to a request with these headers: a page for a browser, JSON for a program."""
        if "text/html" in headers.get(hdrs.ACCEPT, ""):
            wanted = headers.get(hdrs.ACCEPT_LANGUAGE, "")[:2]
            locale = wanted if wanted in self._pages else LOCALES[-1]
            own, body = _OF_PAGES[locale], self._pages[locale]
        else:
            own, body = _OF_JSON, JSON
        return web.Response(
            status=503, body=body, headers={**_EVERY, **own, hdrs.RETRY_AFTER: next(self._seconds)}
        )


def refusal(status: int, words: str) -> web.Response:
    """The answer to a request that is not read to its end; the connection ends with it."""
    response = web.Response(status=status, text=f"{words}\n", headers=_EVERY)
    response.force_close()
    return response


def _page(locale: str) -> bytes:
    words = face.default().words(locale)
    title, why, instead = (escape(words.say(f"busy.{each}")) for each in ("title", "why", "help"))
    return (
        f'<!doctype html><html lang="{locale}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title><style>{_STYLE}</style>'
        f"<h1>{title}</h1><p>{why}</p><p>{instead}</p></html>\n"
    ).encode()
