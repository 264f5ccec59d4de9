"""`/account/certificate`: the user's client certificates, to download, name and revoke."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from idp.authenticators import Refused
from idp.authenticators.certificate import ClientCertificate
from idp.authenticators.certificate import certificate as authenticator
from idp.credentials import certificates
from idp.flow import detour
from idp.visit import Visit
from idp.web import onward
from idp.web.entry import PROOF_SECONDS, enter, entered
from idp.web.exchange import PROVIDER, TENANT
from idp.web.form import read_form
from idp.web.form_page import form_page, is_own
from idp.web.respond import moment
from idp.web.visiting import visit
from keys import pkcs12
from keys.client_authority import Issued
from keys.secret import Secret
from storage.records import User

PATH: Final = authenticator.PATH
TYPE: Final = "application/x-pkcs12"
_ID: Final = re.compile(r"[A-Za-z0-9_-]{22}")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._@-]+")


async def show(request: web.Request) -> web.Response:
    """GET: the list and the form, or the login."""
    provider, tenant = request.config_dict[PROVIDER], request[TENANT]
    certificate = _certificate(request)
    async with provider.storage.transaction(tenant.name) as tx:
        here = visit(request, tx)
        outcome = await enter(request, here, f"{PATH}{_waiting(request)}", max_age=PROOF_SECONDS)
        if isinstance(outcome, web.Response):
            return outcome
        return await _page(request, here, certificate, outcome.authentication.user)


async def submit(request: web.Request) -> web.Response:
    """POST: download a new one, rename or revoke one."""
    provider, tenant = request.config_dict[PROVIDER], request[TENANT]
    certificate, form = _certificate(request), await read_form(request)
    path = f"{PATH}{_waiting(request)}"
    done = web.Response(status=303, headers={"Location": tenant.url(path)})
    if not is_own(request, form, PATH):
        return done
    async with provider.storage.transaction(tenant.name) as tx:
        here = visit(request, tx)
        authentication = await entered(request, here, path, max_age=PROOF_SECONDS)
        if isinstance(authentication, web.Response):
            return authentication
        try:
            fresh = await _do(here, certificate, authentication.user, form)
        except Refused as refused:
            return await _page(request, here, certificate, authentication.user, refused=refused.rule)
    return await _download(certificate, authentication.user, *fresh) if fresh else done


async def _do(
    here: Visit, certificate: ClientCertificate, user: User, form: Mapping[str, str]
) -> tuple[Issued, Secret] | None:
    """What the pressed button says; a new certificate with its import password. Raises `Refused`."""
    which, name = form.get("certificate", ""), form.get("name", "")
    match form.get("do", ""):
        case "issue":
            password = await _password(here, certificate, user, form)
            return await certificates.issue(here, certificate, user, name), password
        case "rename":
            await certificates.rename(here, user, which, name)
        case "remove":
            await certificates.remove(here, user, which)
    return None


async def _password(
    here: Visit, certificate: ClientCertificate, user: User, form: Mapping[str, str]
) -> Secret:
    """What protects the file. Raises `Refused`."""
    if certificate.settings.import_password == "chosen":  # noqa: S105  by whom
        return certificates.choose(Secret(form.get("password", "")), Secret(form.get("again", "")))
    return await certificates.accept(here, user, form.get("state", ""))


async def _download(
    certificate: ClientCertificate, user: User, issued: Issued, password: Secret
) -> web.Response:
    """The file. It is made beside the loop: whoever wants to guess the password shall need long as well."""
    legacy = certificate.settings.pkcs12 == "3des"
    body = await asyncio.to_thread(
        pkcs12.bundle, issued, certificate.settings.authority_name, password, legacy=legacy
    )
    name = _UNSAFE.sub("_", user.login_name).strip("._") or "certificate"
    disposition = f'attachment; filename="{name}.p12"'
    return web.Response(
        body=body,
        content_type=TYPE,
        headers={"Content-Disposition": disposition, "Cache-Control": "no-store"},
    )


def _certificate(request: web.Request) -> ClientCertificate:
    found = request[TENANT].authenticators.get(ClientCertificate.name)
    if not isinstance(found, ClientCertificate) or found.account_path is None:
        raise web.HTTPNotFound
    return found


def _waiting(request: web.Request) -> str:
    """The query that names the login that goes on afterwards, if there is one."""
    waiting = request.query.get(detour.GOES_ON, "")
    return f"?{urlencode({detour.GOES_ON: waiting})}" if _ID.fullmatch(waiting) else ""


async def _page(
    request: web.Request, here: Visit, certificate: ClientCertificate, user: User, *, refused: str = ""
) -> web.Response:
    settings, waiting = certificate.settings, _waiting(request)
    entries = await _entries(request, here, certificate, user)
    is_chosen = settings.import_password == "chosen"  # noqa: S105  by whom
    made = None if is_chosen else certificates.offer(here, user)
    shown = here.caller.certificate
    return form_page(
        request,
        "account/certificates",
        PATH,
        here=f"{here.tenant.prefix}{PATH}{waiting}",
        action=f"{here.tenant.prefix}{PATH}{waiting}",
        certificates=entries,
        shown=shown.serial if shown else "",
        full=len(entries) >= settings.certificates,
        days=settings.days,
        password=made.password if made else None,
        state=made.state if made else "",
        shortest=certificates.SHORTEST,
        longest=certificates.LONGEST,
        onward_url=f"{here.tenant.prefix}{onward.PATH}{waiting}" if waiting else "",
        refused=refused,
    )


async def _entries(
    request: web.Request, here: Visit, certificate: ClientCertificate, user: User
) -> list[dict[str, Any]]:
    ends = {each.serial: each.ends_at for each in await here.tx.issued_certificates.list_of(user.id)}
    return [
        {
            "id": each.id,
            "name": each.name,
            "added": moment(request, each.created_at),
            "last_used": None if each.last_used_at is None else moment(request, each.last_used_at),
            "ends": moment(request, ends[each.id]) if each.id in ends else "",
        }
        for each in await here.tx.credentials.list(user.id, certificate.name)
    ]
