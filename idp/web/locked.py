"""What a page beside the login says where it checks a secret too, and no more answers are looked at."""

from __future__ import annotations

from aiohttp import web

from idp.flow.guess import Wrong
from idp.outcome import Reason, Reject
from idp.web.login import reject_response


def locked_response(request: web.Request, username: str, wrong: Wrong) -> web.Response | None:
    """The page that says until when; None where one more answer is looked at."""
    if wrong.spent.left:
        return None
    until, reference = wrong.spent.until, wrong.reference
    return reject_response(request, Reject(Reason.LOCKED, "", username, until=until, reference=reference))
