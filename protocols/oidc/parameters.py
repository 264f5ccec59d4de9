"""Parameters of a request as OAuth reads them: each once, none empty (RFC 6749 §3.1, §3.2)."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from idp.web.form import pairs
from protocols.oidc.errors import Malformed

Form = Mapping[str, str]

FORM = "application/x-www-form-urlencoded"
MAXIMUM_BYTES = 16 * 1024
MAXIMUM_FIELDS = 64
REPEATED = ("resource", "audience")


def parse(encoded: bytes) -> dict[str, str]:
    """Decode `a=b&c=d`. A parameter without a value counts as omitted, one sent twice is an error."""
    try:
        text = encoded.decode()
        given = _joined(pairs(text, MAXIMUM_FIELDS))
    except UnicodeDecodeError:
        raise Malformed("the request is not UTF-8") from None
    except ValueError:
        raise Malformed("the request has too many parameters") from None
    parameters = dict(given)
    if len(parameters) != len(given):
        raise Malformed("a parameter was sent more than once")
    if "\0" in text or "%00" in text:  # no standard gives it a meaning, and databases refuse it
        raise Malformed("the request contains a NUL character")
    return {name: value for name, value in given if value}


def _joined(given: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """What may come several times becomes one, its values apart by spaces (RFC 8707 §2, RFC 8693 §2.1)."""
    joined = [pair for pair in given if pair[0] not in REPEATED]
    if len(joined) == len(given):
        return given
    for repeated in REPEATED:
        several = [value for name, value in given if name == repeated]
        joined += [(repeated, " ".join(several))] if several else []
    return joined


def from_query(request: web.Request) -> dict[str, str]:
    """The query parameters. Raises `Malformed`."""
    return parse(request.rel_url.raw_query_string.encode("utf-8", "surrogateescape"))


async def from_form(request: web.Request) -> dict[str, str]:
    """The form parameters. Raises `Malformed`, also for another content type or too large a body."""
    if request.content_type != FORM:
        raise Malformed(f"the content type must be {FORM}")
    body = bytearray()
    async for chunk in request.content.iter_chunked(MAXIMUM_BYTES):
        body += chunk
        if len(body) > MAXIMUM_BYTES:
            raise Malformed("the request is too large")
    return parse(bytes(body))
