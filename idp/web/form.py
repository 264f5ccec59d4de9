"""Posted forms: one content type, one value a field, bounded."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote_plus

from aiohttp import web

MAX_FIELDS = 50
CONTENT_TYPE = "application/x-www-form-urlencoded"


class BadForm(ValueError):
    """The body is not a form that we would have sent."""


async def read_form(request: web.Request) -> Mapping[str, str]:
    """The fields of an urlencoded body.

    Raises `BadForm` for another content type, bad UTF-8, a field given twice, or too many fields. `idp.web.gate` has
    waited for the body.
    """
    if request.content_type != CONTENT_TYPE:
        raise BadForm(f"expected {CONTENT_TYPE}")
    try:
        body = (await request.read()).decode("ascii")
        fields = pairs(body, MAX_FIELDS, strict=bool(body))
    except ValueError as error:
        raise BadForm("malformed form") from error
    if len(dict(fields)) != len(fields):
        raise BadForm("a field was given twice")
    return dict(fields)


def pairs(encoded: str, most: int, *, strict: bool = False) -> list[tuple[str, str]]:
    """The names and values of `a=b&c=d`; a name without `=` has an empty value, unless that is refused as `strict`.

    Raises ValueError for more than `most` of them, and for what is no UTF-8. `urllib.parse.parse_qsl` reads the same,
    and takes apart what holds nothing to decode.
    """
    parts = encoded.split("&")
    if len(parts) > most:
        raise ValueError("too many")
    is_plain = "%" not in encoded and "+" not in encoded  # as forms of tokens and digits are
    read = []
    for part in parts:
        name, equals, value = part.partition("=")
        if not equals and strict:
            raise ValueError("a name without a value")
        if part:
            read.append((name, value) if is_plain else (_decoded(name), _decoded(value)))
    return read


def _decoded(text: str) -> str:
    return unquote_plus(text, errors="strict") if "%" in text else text.replace("+", " ")
