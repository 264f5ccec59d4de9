"""The pages of ours behind the login: who opens one signs in first, and once more where his proofs are too old."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from idp.flow.conclusion import ACCOUNT, PORTAL
from idp.flow.wish import Wish
from idp.outcome import Accept, Authentication, Outcome, Resume
from idp.policy import Attempt
from idp.visit import Visit
from idp.web import login
from idp.web.exchange import PROVIDER, TENANT

TILES: Final = "/"  # the page that is the portal; every other one here is of the account
PROOF_SECONDS: Final = 300  # whoever changes a proof has given one within this time
FORM_SECONDS: Final = 600  # to fill in a form that was opened with proofs young enough


async def enter(
    request: web.Request, here: Visit, path: str, *, max_age: int | None = None
) -> Accept | web.Response:
    """Whoever may see the page at `path` (below the tenant), or the login that leads to it.

    `max_age` bounds the age of his proofs, in seconds; with it he gives all that rules ask of him anywhere, so that
    who has one of two proofs does not make himself the other.
    """
    outcome = await _begin(request, here, path, Wish(max_age=max_age, thorough=max_age is not None))
    return outcome if isinstance(outcome, Accept) else login.respond(request, outcome)


async def entered(
    request: web.Request, here: Visit, path: str, *, max_age: int | None = None
) -> Authentication | web.Response:
    """Who posts a form of the page at `path`; who may not (any more) is sent there, to sign in again.

    `max_age` is what the page was opened with: filling it in may take some minutes more.
    """
    seconds = None if max_age is None else max_age + FORM_SECONDS
    wish = Wish(max_age=seconds, thorough=seconds is not None, passive=True, counted=True)
    outcome = await _begin(request, here, path, wish)
    if isinstance(outcome, Accept):
        return outcome.authentication
    return web.Response(status=303, headers={"Location": request[TENANT].url(path)})


async def _begin(request: web.Request, here: Visit, path: str, wish: Wish) -> Outcome:
    service = PORTAL if path == TILES else ACCOUNT
    attempt = Attempt(PORTAL, service, here.caller.address, here.now)
    provider = request.config_dict[PROVIDER]
    return await provider.login.begin(here, attempt, Resume(PORTAL, {"path": path}), wish)
