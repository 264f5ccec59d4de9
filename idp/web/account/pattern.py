"""`/account/pattern`: what the user's pattern is like, and where a change begins, which goes on at `/login`."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from idp import session
from idp.authenticators.matrix import Matrix
from idp.authenticators.matrix.draft import Way
from idp.authenticators.matrix.present import Present
from idp.credentials import renewal
from idp.flow import exposure, interaction
from idp.flow.conclusion import ACCOUNT, PORTAL
from idp.outcome import Challenge, Reason, Reject, Resume
from idp.policy import Attempt
from idp.visit import Visit
from idp.web import login
from idp.web.entry import PROOF_SECONDS, enter, entered
from idp.web.exchange import NOW, TENANT
from idp.web.form import read_form
from idp.web.form_page import form_page, is_own
from idp.web.respond import moment
from idp.web.visiting import visiting
from storage.records import User

PATH: Final = Matrix.account_path
DONE: Final = "done"  # in the query: a change was just made


async def show(request: web.Request) -> web.Response:
    """GET: the page, behind a proof that is not old; one that only says that something was changed has no form."""
    matrix, done = _matrix(request), DONE in request.query
    async with visiting(request) as here:
        max_age = None if done else PROOF_SECONDS
        outcome = await enter(request, here, PATH, max_age=max_age)
        if isinstance(outcome, web.Response):
            return outcome
        user = outcome.authentication.user
        present, worn = await matrix.present(here.tx, user), await exposure.worn_out(here, user)
        # The address alone must not make anybody believe that something was changed.
        lately = present is not None and here.now - present.credential.changed_at <= PROOF_SECONDS
        return _page(request, matrix, present, worn=bool(worn), done=done and lately)


async def submit(request: web.Request) -> web.Response:
    """POST: begin to change it, in one of the ways that are offered."""
    form = await read_form(request)
    matrix = _matrix(request)
    if not is_own(request, form, PATH):
        return login.reject_response(request, Reject(Reason.FOREIGN))
    async with visiting(request) as here:
        authentication = await entered(request, here, PATH, max_age=PROOF_SECONDS)
        if isinstance(authentication, web.Response):
            return authentication
        user = authentication.user
        present, worn = await matrix.present(here.tx, user), bool(await exposure.worn_out(here, user))
        way = next((each for each in _ways(matrix, present, here.now) if each == form.get("way")), None)
        if present is None or way is None or not _may(present, way, here.now, worn):
            return _page(request, matrix, present, worn=worn, late=True)
        return login.send(request, await _begin(here, user, way))


def _ways(matrix: Matrix, present: Present | None, now: int) -> tuple[Way, ...]:
    return renewal.ways(matrix, present.due(now)) if present else ()


def _may(present: Present, way: Way, now: int, worn: bool) -> bool:
    """Not before a pattern of one's own is as old as the policy wants, or was seen too often; a phrase at any time."""
    at_once = way == "phrase" or worn or bool(present.due(now))
    return at_once or present.changeable_at <= now


async def _begin(here: Visit, user: User, way: Way) -> Challenge:
    attempt = Attempt(PORTAL, ACCOUNT, here.caller.address, here.now, user)
    held = await session.find(here)
    assert held is not None, "who has entered has a session"
    resume = Resume(PORTAL, {"path": f"{PATH}?{DONE}"})
    return await interaction.ask_anew(here, attempt, resume, held, user, way)


def _matrix(request: web.Request) -> Matrix:
    """The tenant's. Raises HTTPNotFound where it has none."""
    found = request[TENANT].authenticators.get(Matrix.name)
    if not isinstance(found, Matrix):
        raise web.HTTPNotFound
    return found


def _page(
    request: web.Request,
    matrix: Matrix,
    present: Present | None,
    *,
    worn: bool,
    done: bool = False,
    late: bool = False,
) -> web.Response:
    since = until = young = None
    if present is not None:
        since = moment(request, present.credential.created_at)
        ends = present.content.until or present.expires_at
        until = moment(request, ends) if ends is not None else None
        if not _may(present, "type", request[NOW], worn):
            young = moment(request, present.changeable_at)
    return form_page(
        request,
        "account/pattern",
        PATH,
        since=since,
        until=until,
        young=young,
        initial=present is not None and present.content.until is not None,
        has_phrase=present is not None and bool(present.content.phrase),
        ways=_ways(matrix, present, request[NOW]),
        done=done,
        late=late,
    )
