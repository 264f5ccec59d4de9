"""Posted forms: one content type, one value a field, bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import parse_qsl

from aiohttp import web

MAX_FIELDS = 50
BODY_SECONDS = 15.0  # for a body of some kilobytes; who sends it byte by byte wants the connection, not us
CONTENT_TYPE = "application/x-www-form-urlencoded"


class BadForm(ValueError):
    """The body is not a form that we would have sent."""


async def read_form(request: web.Request) -> Mapping[str, str]:
    """The fields of an urlencoded body.

    Raises `BadForm` for another content type, bad UTF-8, a field given twice, too many fields, or a body that
    does not come to its end.
    """
    if request.content_type != CONTENT_TYPE:
        raise BadForm(f"expected {CONTENT_TYPE}")
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await request.read()
    except TimeoutError:
        raise BadForm("the body took too long") from None
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError as error:
        raise BadForm("malformed form") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise BadForm("a field was given twice")
    return fields
