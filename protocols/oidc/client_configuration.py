"""`/oidc/register/CLIENT_ID`: a registered client reads, changes or deletes what it registered (RFC 7592)."""

from __future__ import annotations

import dataclasses
import hmac
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from idp.web.exchange import NOW
from idp.web.visiting import visit
from keys.secret import Secret
from keys.token import hash_token, new_token
from protocols.oidc import registered
from protocols.oidc.errors import BearerError, RegistrationError
from protocols.oidc.issuer import Issuer
from protocols.oidc.metadata import needs_secret
from protocols.oidc.registered import ID
from protocols.oidc.registration import (
    NO_STORE,
    PATH,
    answer,
    bearer,
    checked,
    information,
    opened,
    read,
    record,
    refusal,
    refused,
    unknown_token,
)
from storage.registration import RegisteredClient

ADDRESS: Final = f"{PATH}/{{client_id}}"
# RFC 7592 §2.2: what only we say must not come back as if the client could change it.
OURS: Final = (
    "registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"
)  # fmt: skip


async def show(request: web.Request) -> web.Response:
    """GET: everything but the secret, which is kept as its hash only. The token stays."""
    here = opened(request)
    try:
        client, token = await _proven(request, here)
    except BearerError as fault:
        return await refusal(request, here, fault)
    return answer(information(here, client, token))


async def replace(request: web.Request) -> web.Response:
    """PUT: what is not said again is gone. The registration access token is a new one from now on."""
    here = opened(request)
    try:
        client, token = await _proven(request, here)
        changed, secret = await _changed(here, client, await read(request))
        management = new_token()
        changed = dataclasses.replace(changed, token_hash=hash_token(management), changed_at=request[NOW])
        async with here.provider.storage.transaction(here.tenant.name) as tx:
            if not await tx.registered_clients.replace(changed, hash_token(token)):
                raise unknown_token()
            await record(here, visit(request, tx), "client.changed", client=client.id)
    except BearerError as fault:
        return await refusal(request, here, fault)
    except RegistrationError as fault:
        return await refused(request, here, fault)
    return answer(information(here, changed, management, secret))


async def delete(request: web.Request) -> web.Response:
    """DELETE: 204, and with the client everything that it holds is worth nothing."""
    here = opened(request)
    try:
        client, _ = await _proven(request, here)
        async with here.provider.storage.transaction(here.tenant.name) as tx:
            if not await tx.registered_clients.delete(client.id):
                raise unknown_token()
            await record(here, visit(request, tx), "client.deleted", client=client.id)
    except BearerError as fault:
        return await refusal(request, here, fault)
    return web.Response(status=204, headers=NO_STORE)


async def _proven(request: web.Request, here: Issuer) -> tuple[RegisteredClient, Secret]:
    """The client whose token was sent; a client that is gone is no other fault than a wrong token (§2)."""
    token, client_id = bearer(request), request.match_info["client_id"]
    if token is None:
        raise BearerError("")
    async with here.provider.storage.snapshot(here.tenant.name) as tx:
        client = await tx.registered_clients.find(client_id) if ID.fullmatch(client_id) else None
    if client is None or not hmac.compare_digest(client.token_hash, hash_token(token)):
        raise unknown_token()
    return client, token


async def _changed(
    here: Issuer, client: RegisteredClient, asked: Mapping[str, Any]
) -> tuple[RegisteredClient, Secret | None]:
    """The client as it wants to be, and its new secret if it had none and now needs one."""
    for name in OURS:
        if name in asked:
            raise RegistrationError("invalid_client_metadata", f"{name} must not be sent")
    if asked.get("client_id") != client.id:
        raise RegistrationError("invalid_client_metadata", "client_id must be that of the client")
    if "client_secret" in asked and not _is_secret(client, asked["client_secret"]):
        raise RegistrationError("invalid_client_metadata", "client_secret must be the one that we gave")
    metadata = await checked(here, asked)
    _check_sector(here, client, metadata)
    if not needs_secret(metadata):
        return dataclasses.replace(client, metadata=metadata, secret_hash=None), None
    if client.secret_hash is not None:
        return dataclasses.replace(client, metadata=metadata), None
    secret = new_token()
    return dataclasses.replace(client, metadata=metadata, secret_hash=hash_token(secret)), secret


def _check_sector(here: Issuer, client: RegisteredClient, metadata: Mapping[str, Any]) -> None:
    """Whoever has tokens of users must not hear by them what another sector calls these users (Core §8.1)."""
    before, after = (
        registered.client(dataclasses.replace(client, metadata=each), here.settings, (), here.pairwise_key)
        for each in (client.metadata, metadata)
    )
    if after and after.pairwise and (before is None or before.pairwise != after.pairwise):
        said = (
            "subject_type pairwise is for the sector of the registration, register another client for another"
        )
        raise RegistrationError("invalid_client_metadata", said)


def _is_secret(client: RegisteredClient, given: Any) -> bool:
    known = isinstance(given, str) and client.secret_hash is not None
    return known and hmac.compare_digest(client.secret_hash or b"", hash_token(Secret(given)))
