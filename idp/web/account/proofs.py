"""`/account`: with what the user can prove himself, and where he manages each of it."""

from __future__ import annotations

from typing import Any, Final

from aiohttp import web

from idp import proofs
from idp.authenticators import account_path
from idp.visit import Visit
from idp.web.entry import enter
from idp.web.exchange import PROVIDER, TENANT
from idp.web.respond import moment, page
from idp.web.visiting import visit
from storage.records import User

PATH: Final = "/account"


async def show(request: web.Request) -> web.Response:
    """GET: the list, or the login."""
    provider, tenant = request.config_dict[PROVIDER], request[TENANT]
    async with provider.storage.transaction(tenant.name) as tx:
        here = visit(request, tx)
        outcome = await enter(request, here, PATH)
        if isinstance(outcome, web.Response):
            return outcome
        entries = await _entries(request, here, outcome.authentication.user)
    return page(request, "account/proofs", here=f"{tenant.prefix}{PATH}", proofs=entries)


async def _entries(request: web.Request, here: Visit, user: User) -> list[dict[str, Any]]:
    """What he holds, what rules ask of him, and what he can begin to use by himself; in the tenant's order."""
    held = await here.tx.credentials.list(user.id)
    needed, entries = proofs.needed(here, user), []
    for name, authenticator in here.tenant.authenticators.items():
        times = [each.last_used_at or 0 for each in held if each.authenticator == name]
        path, is_needed = account_path(authenticator), name in needed
        if times or is_needed or (path and not authenticator.fields):
            url = here.tenant.prefix + path if path else ""
            used = moment(request, max(times)) if any(times) else None
            entries.append({"name": name, "count": len(times), "used": used, "url": url, "needed": is_needed})
    return entries
