"""An endpoint that clients call: who calls it, what he is answered, and a record of every refusal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, get_args

from aiohttp import web

from idp.web.visiting import visit
from protocols.oidc import issuer
from protocols.oidc.answer import respond
from protocols.oidc.client_authentication import authenticate, unverified_client_id
from protocols.oidc.clients import Client
from protocols.oidc.errors import OIDCError
from protocols.oidc.issuer import Issuer
from protocols.oidc.parameters import Form, from_form
from protocols.oidc.vocabulary import GrantType

Work = Callable[[web.Request, Issuer, Client, Form], Awaitable[web.Response]]

# No faults: a device that waits asks again and again, and a client learns its nonce by asking without one.
ORDINARY: Final = frozenset(("authorization_pending", "slow_down", "use_dpop_nonce"))


async def serve(request: web.Request, event: str, work: Work) -> web.Response:
    """What `work` answers the client that calls by POST; if it raises an `OIDCError`, that, recorded as `event`.

    What `work` wrote before it raised is kept, unless it raised inside of its transaction.
    """
    here = issuer.of(request)
    form: Form = {}
    try:
        form = await from_form(request)
        return await work(request, here, await authenticate(request, here, form), form)
    except OIDCError as fault:
        if fault.error not in ORDINARY:
            await _record(request, here, event, form, fault)
        return respond(here, fault)


async def _record(request: web.Request, here: Issuer, event: str, form: Form, fault: OIDCError) -> None:
    """With the service that he says he is, proven or not; of what a stranger sent nothing else is repeated."""
    details = {"error": fault.error, "reason": fault.description}
    if form.get("grant_type") in get_args(GrantType):
        details["by"] = form["grant_type"]
    async with here.provider.storage.transaction(here.tenant.name) as tx:
        client = await here.client(tx, unverified_client_id(request, form))
        if client is not None:
            details["client"] = client.id
        service = client.service if client else ""
        await visit(request, tx).record(event, user_id=None, service=service, **details)
