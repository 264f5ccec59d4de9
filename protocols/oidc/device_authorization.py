"""`/oidc/device_authorization`: a device asks for a user who is at another screen (RFC 8628 §3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from idp.visit import Visit
from idp.web.visiting import visit
from keys.token import hash_token, new_token
from protocols.oidc import endpoint, issuing, resources, user_code
from protocols.oidc.answer import respond
from protocols.oidc.clients import Client
from protocols.oidc.errors import TokenError
from protocols.oidc.issuer import Issuer
from protocols.oidc.parameters import Form
from protocols.oidc.settings import OPENID
from protocols.oidc.vocabulary import DEVICE_CODE
from storage.devices import DeviceGrant

PATH: Final = "/oidc/device_authorization"
PAGE: Final = "/device"  # short: people type it


async def authorize(request: web.Request) -> web.Response:
    """POST only: both codes, and where the user goes with his (§3.2)."""
    return await endpoint.serve(request, "device.refused", _authorize)


async def _authorize(request: web.Request, here: Issuer, client: Client, form: Form) -> web.Response:
    if DEVICE_CODE not in client.settings.grant_types:
        raise issuing.failed("unauthorized_client")
    asked = _asked(here, client, form)
    async with here.provider.storage.transaction(here.tenant.name) as tx:
        return respond(here, await _begin(here, visit(request, tx), client, asked))


def _asked(here: Issuer, client: Client, form: Form) -> dict[str, str]:
    """The request as it is kept. Where others have a redirect URI it has our own page, where its user ends."""
    wished = dict.fromkeys(form.get("scope", OPENID).split())
    if OPENID not in wished:
        raise TokenError("invalid_scope", "scope must contain openid")
    resources.audience(form, client, {})
    asked = {
        "client_id": client.id,
        "redirect_uri": here.tenant.url(PAGE),
        "response_type": "code",
        "scope": " ".join(scope for scope in wished if scope in client.scopes),
    }
    return asked | ({"resource": form["resource"]} if "resource" in form else {})


async def _begin(here: Issuer, visiting: Visit, client: Client, asked: Mapping[str, str]) -> dict[str, Any]:
    device_code, seconds = new_token(), here.settings.device_code_seconds
    while True:
        code = user_code.new()
        waiting = DeviceGrant(
            device_hash=hash_token(device_code),
            user_code_hash=user_code.digest(here.user_code_key, code),
            client_id=client.id,
            request=asked,
            interval_seconds=here.settings.device_interval_seconds,
            created_at=visiting.now,
            expires_at=visiting.now + seconds,
        )
        if await visiting.tx.device_grants.add(waiting):
            break
    await visiting.record("device.began", user_id=None, service=client.service, scope=asked["scope"])
    page = here.tenant.url(PAGE)
    return {
        "device_code": device_code.reveal(),
        "user_code": code.reveal(),
        "verification_uri": page,
        "verification_uri_complete": f"{page}?{urlencode({'user_code': code.reveal()})}",
        "expires_in": seconds,
        "interval": waiting.interval_seconds,
    }
