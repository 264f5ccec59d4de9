"""What went wrong, told to whoever asked: a page that helps to a person, a JSON error to a program."""

from __future__ import annotations

from typing import Any, Final

import orjson
from aiohttp import hdrs, web

from idp.web.exchange import TENANT
from idp.web.respond import page

# As OAuth words them (RFC 6749 §4.1.2.1): its endpoints are the ones that programs call.
_ERRORS: Final = {503: "temporarily_unavailable", 500: "server_error"}
_MISTAKE: Final = "invalid_request"


def failure(
    request: web.Request,
    status: int,
    *,
    what: str = "",
    reference: str = "",
    retry_after: int | None = None,
    allow: str | None = None,
    mends_itself: bool = True,
) -> web.Response:
    """The answer to a request that nothing could be done for. `retry_after` is in seconds.

    What does not mend itself (503) is another page than that we are busy: it says that somebody has to be told.
    """
    if _is_person(request):
        response = _page(request, status, what, reference, mends_itself)
    else:
        response = _json(status, what, reference)
    if retry_after is not None:
        response.headers[hdrs.RETRY_AFTER] = str(retry_after)
    if allow is not None:
        response.headers[hdrs.ALLOW] = allow
    return response


def _is_person(request: web.Request) -> bool:
    """Browsers ask for HTML by name whenever they show what comes."""
    return "text/html" in request.headers.get(hdrs.ACCEPT, "")


def _page(request: web.Request, status: int, what: str, reference: str, mends_itself: bool) -> web.Response:
    match status:
        case 404:
            return page(request, "error/not_found", status=status, portal_url=request[TENANT].url("/"))
        case 500:
            return page(request, "error/server", status=status, reference=reference)
        case 503:
            return page(request, "error/busy" if mends_itself else "error/unwritable", status=status)
    return page(request, "error/bad_request", status=status, what=what)


def _json(status: int, what: str, reference: str) -> web.Response:
    body: dict[str, Any] = {"error": _ERRORS.get(status, _MISTAKE)}
    if what or reference:
        body["error_description"] = what or f"reference {reference}"
    return web.Response(
        status=status,
        body=orjson.dumps(body),
        content_type="application/json",
        headers={hdrs.CACHE_CONTROL: "no-store"},
    )
