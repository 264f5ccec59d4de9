"""The answer to the client, in the response mode that it asked for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from idp.web.exchange import TENANT
from idp.web.login import service_name
from idp.web.respond import page

QUERY: Final = "query"
FRAGMENT: Final = "fragment"
FORM_POST: Final = "form_post"  # OAuth 2.0 Form Post Response Mode
MODES: Final = (QUERY, FRAGMENT, FORM_POST)
RESPONSE_TYPES: Final = ("code", "id_token", "token")
FRONT: Final = frozenset(("id_token", "token"))  # what must never lie in a query: it would end in logs
HEADERS: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}  # the address holds the code


@lru_cache(maxsize=64)  # there are not so many that are right
def canonical(response_type: str) -> str:
    """Its values in one order: `id_token code` means `code id_token`."""
    values = response_type.split(" ")
    known = [value for value in RESPONSE_TYPES if value in values]
    return " ".join(known) if len(known) == len(values) else response_type


def default_mode(asked: Mapping[str, Any]) -> str:
    """OAuth 2.0 Multiple Response Type Encoding Practices §3.0 and §5."""
    return FRAGMENT if FRONT & set(asked.get("response_type", "").split()) else QUERY


def is_possible(asked: Mapping[str, Any]) -> bool:
    """Whether the `response_mode` is one that we know and that may carry the response type."""
    mode = asked.get("response_mode", default_mode(asked))
    return mode in MODES and (mode != QUERY or default_mode(asked) == QUERY)


def answer(request: web.Request, service: str, asked: Mapping[str, Any], **response: Any) -> web.Response:
    """Answer the client with `response`, `state` and `iss` (RFC 9207) at its trusted `redirect_uri`."""
    tenant = request[TENANT]
    if "state" in asked:
        response["state"] = asked["state"]
    response["iss"] = tenant.issuer
    uri: str = asked["redirect_uri"]
    mode = asked.get("response_mode") if is_possible(asked) else None
    match mode or default_mode(asked):
        case "form_post":
            return _posted(request, service, uri, response, asked.get("names"))
        case "fragment":
            location = f"{uri}#{urlencode(response)}"
        case _:
            separator = "&" if "?" in uri else "?"  # a registered query stays (RFC 6749 §3.1.2)
            location = f"{uri}{separator}{urlencode(response)}"
    return web.Response(status=303, headers={**HEADERS, "Location": location})


def _posted(
    request: web.Request,
    service: str,
    uri: str,
    response: Mapping[str, Any],
    names: Mapping[str, str] | None,
) -> web.Response:
    posting = page(
        request,
        "handover/post",
        destinations=(uri,),
        action=uri,
        fields=[(name, str(value)) for name, value in response.items()],
        service=service_name(request, service, names),
    )
    posting.headers["Referrer-Policy"] = "no-referrer"
    return posting
