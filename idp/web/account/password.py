"""`/account/password`: a new password in place of the old one, which is asked for."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from aiohttp import web

from idp.authenticators import Refused
from idp.authenticators.password import Password
from idp.flow import guess
from idp.flow.conclusion import ACCOUNT
from idp.flow.guess import Guess, Wrong
from idp.logout.ending import Ended, conclude, end
from idp.mail.queue import changed
from idp.outcome import Authentication, Reason, Reject
from idp.visit import Visit
from idp.web import login
from idp.web.entry import PROOF_SECONDS, enter, entered
from idp.web.exchange import PROVIDER, TENANT
from idp.web.form import read_form
from idp.web.form_page import form_page, is_own
from idp.web.locked import locked_response
from idp.web.respond import moment
from idp.web.visiting import visiting
from keys.secret import Secret
from storage.records import Credential, User

PATH: Final = "/account/password"


async def show(request: web.Request) -> web.Response:
    """GET: the form, or the login, also where the last one was a while ago."""
    authenticator = _authenticator(request)
    async with visiting(request) as here:
        outcome = await enter(request, here, PATH, max_age=PROOF_SECONDS)
        if isinstance(outcome, web.Response):
            return outcome
        held = await authenticator.present(here.tx, outcome.authentication.user)
    ends = authenticator.expires_at(held) if held else None
    until = None if ends is None else moment(request, ends)
    return _page(request, outcome.authentication.user, held=held is not None, until=until)


async def submit(request: web.Request) -> web.Response:
    """POST: the old password, a guess like any other, and the new one twice."""
    provider, tenant, form = request.config_dict[PROVIDER], request[TENANT], await read_form(request)
    authenticator = _authenticator(request)
    if not is_own(request, form, PATH):
        return login.reject_response(request, Reject(Reason.FOREIGN))
    async with visiting(request) as here:
        who = await entered(request, here, PATH, max_age=PROOF_SECONDS)
        if isinstance(who, web.Response):
            return who
        user = who.user
        new = form.get("new", "")
        if new != form.get("again", ""):
            return _page(request, user, refused="differs")
        if new == form.get("old", ""):
            return _page(request, user, refused="former")
        wrong = await _guess(here, authenticator, user, Secret(form.get("old", "")))
        if wrong is not None:
            return _wrong(request, user, wrong)
        try:
            fresh = authenticator.enrol(user, {"password": Secret(new)}, here.now)
        except Refused as refused:
            return _page(request, user, refused=refused.rule)
        ended = await _replace(request, here, who, fresh, everywhere="others" in form)
    await conclude(provider, tenant, ended)
    return _page(request, user, done=True, ended=ended.count)


def _authenticator(request: web.Request) -> Password:
    """The tenant's. Raises HTTPNotFound where it has none."""
    found = request[TENANT].authenticators.get(Password.name)
    if not isinstance(found, Password):
        raise web.HTTPNotFound
    return found


async def _guess(here: Visit, authenticator: Password, user: User, old: Secret) -> Wrong | None:
    about = Guess(user.login_name, user.id, authenticator.name, ACCOUNT, authenticator.at_once)
    return await guess.spend(here, about, partial(authenticator.verify, here.tx, user, {}, old, here.now))


async def _replace(
    request: web.Request, here: Visit, who: Authentication, fresh: Credential, *, everywhere: bool
) -> Ended:
    """Keep the new one, end his other sessions if he wants that, and tell him by mail."""
    tx, user, doors = here.tx, who.user, request.config_dict[PROVIDER].doors
    await tx.users.lock(user.id)  # of two at once, an operator too, the second takes the first's away
    await tx.credentials.delete(user.id, fresh.authenticator)
    await tx.credentials.add(fresh)
    await here.record("password.changed", user_id=user.id, service=ACCOUNT)
    await changed(tx, here.tenant, "password", user, here.now, address=here.caller.whence)
    return await end(here, doors, user, None if everywhere else "", keep=who.sid)


def _wrong(request: web.Request, user: User, wrong: Wrong) -> web.Response:
    locked = locked_response(request, user.login_name, wrong)
    return locked or _page(request, user, retry=True, last_try=wrong.spent.is_last_try)


def _page(request: web.Request, user: User, **flags: Any) -> web.Response:
    shortest = _authenticator(request).shortest
    return form_page(request, "account/password", PATH, username=user.login_name, min=shortest, **flags)
