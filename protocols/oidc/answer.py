"""What clients are answered outside the browser: JSON, never cached, errors as RFC 6749 §5.2 words them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson
from aiohttp import hdrs, web

from protocols.oidc.errors import OIDCError
from protocols.oidc.issuer import Issuer

NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}  # RFC 6749 §5.1


def respond(here: Issuer, answer: Mapping[str, Any] | OIDCError, status: int = 200) -> web.Response:
    """The answer, or the error with its status; who failed to authenticate is told how to."""
    headers = dict(NO_STORE)
    if isinstance(answer, OIDCError):
        status, answer = answer.status, {"error": answer.error, "error_description": answer.description}
    if status == 401:
        headers[hdrs.WWW_AUTHENTICATE] = f'Basic realm="{here.tenant.issuer}", charset="UTF-8"'
    body = orjson.dumps(answer)
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)
