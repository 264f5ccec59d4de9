"""`/account/passkeys`: the user's passkeys, to add, name and remove."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from idp.authenticators import Refused
from idp.authenticators.passkey import Passkey
from idp.credentials import passkeys
from idp.visit import Visit
from idp.web.entry import PROOF_SECONDS, enter, entered
from idp.web.exchange import TENANT
from idp.web.form import read_form
from idp.web.form_page import form_page, is_own
from idp.web.respond import moment
from idp.web.visiting import visiting
from keys.secret import Secret
from storage.records import Credential, User

PATH: Final = "/account/passkeys"


async def show(request: web.Request) -> web.Response:
    """GET: the list, or the login."""
    passkey = _passkey(request)
    async with visiting(request) as here:
        outcome = await enter(request, here, PATH, max_age=PROOF_SECONDS)
        if isinstance(outcome, web.Response):
            return outcome
        return await _page(request, here, passkey, outcome.authentication.user)


async def submit(request: web.Request) -> web.Response:
    """POST: add, rename or remove one."""
    tenant = request[TENANT]
    passkey, form = _passkey(request), await read_form(request)
    done = web.Response(status=303, headers={"Location": tenant.url(PATH)})
    if not is_own(request, form, PATH):
        return done
    async with visiting(request) as here:
        authentication = await entered(request, here, PATH, max_age=PROOF_SECONDS)
        if isinstance(authentication, web.Response):
            return authentication
        try:
            await _do(here, passkey, authentication.user, form)
        except Refused as refused:
            return await _page(request, here, passkey, authentication.user, refused=refused.rule)
    return done


async def _do(here: Visit, passkey: Passkey, user: User, form: Mapping[str, str]) -> None:
    """What the pressed button says. Raises `Refused`."""
    which, name = form.get("passkey", ""), form.get("name", "")
    match form.get("do", ""):
        case "add":
            answer = Secret(form.get("answer", ""))
            await passkeys.add(here, passkey, user, form.get("state", ""), answer, name)
        case "rename":
            await passkeys.rename(here, user, which, name)
        case "remove":
            await passkeys.remove(here, user, which)


def _passkey(request: web.Request) -> Passkey:
    found = request[TENANT].authenticators.get(Passkey.name)
    if not isinstance(found, Passkey):
        raise web.HTTPNotFound
    return found


async def _page(
    request: web.Request, here: Visit, passkey: Passkey, user: User, *, refused: str = ""
) -> web.Response:
    proposal = await passkeys.propose(here, passkey, user)
    held = await here.tx.credentials.list(user.id, passkey.name)
    return form_page(
        request,
        "account/passkeys",
        PATH,
        passkeys=[_entry(request, each) for each in held],
        options=proposal.options if proposal else None,
        state=proposal.state if proposal else "",
        refused=refused,
    )


def _entry(request: web.Request, credential: Credential) -> dict[str, Any]:
    used = credential.last_used_at
    return {
        "id": credential.id,
        "name": credential.name,
        "added": moment(request, credential.created_at),
        "last_used": None if used is None else moment(request, used),
    }
