"""`/oidc/register`: a client registers itself (RFC 7591 §3, OpenID Connect Registration 1.0 §3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson
from aiohttp import hdrs, web

from idp.visit import Visit
from idp.web.exchange import NOW
from idp.web.visiting import visit
from keys.secret import Secret
from keys.token import hash_token, new_id, new_token
from protocols.oidc import discovery, issuer, sector
from protocols.oidc.certificate_settings import CERTIFICATE_METHODS
from protocols.oidc.errors import BearerError, OIDCError, RegistrationError
from protocols.oidc.issuer import Issuer
from protocols.oidc.metadata import needs_secret, parse
from storage.registration import RegisteredClient

PATH: Final = "/oidc/register"
MAXIMUM_BYTES: Final = 16 * 1024
NO_STORE: Final = {hdrs.CACHE_CONTROL: "no-store", hdrs.PRAGMA: "no-cache"}


async def register(request: web.Request) -> web.Response:
    """POST: 201 with the metadata as registered, and the secrets that are shown this once."""
    here = opened(request)
    try:
        token = bearer(request)
        await _check_initial(here, token, request[NOW])
        metadata = await checked(here, await read(request))
        async with here.provider.storage.transaction(here.tenant.name) as tx:
            said = await _register(here, visit(request, tx), token, metadata)
    except BearerError as fault:
        return await refusal(request, here, fault)
    except RegistrationError as fault:  # no use of the token was spent
        return await refused(request, here, fault)
    return answer(said, status=201)


async def _register(
    here: Issuer, visiting: Visit, token: Secret | None, metadata: Mapping[str, Any]
) -> dict[str, Any]:
    tx = visiting.tx
    if token is not None and not await tx.initial_tokens.consume(hash_token(token), visiting.now):
        raise unknown_token()
    client_id, management = new_id(), new_token()
    secret = new_token() if needs_secret(metadata) else None
    hashed = hash_token(secret) if secret else None
    times = (visiting.now, visiting.now)
    client = RegisteredClient(client_id, metadata, hashed, hash_token(management), *times)
    if not await tx.registered_clients.add(client, here.settings.registration.maximum_clients):
        raise RegistrationError("access_denied", "no more clients may register here")
    await record(here, visiting, "client.registered", client=client_id, name=metadata.get("client_name"))
    return information(here, client, management, secret)


async def _check_initial(here: Issuer, token: Secret | None, now: int) -> None:
    """Before anything is read, and without waiting for a writer; the use is taken later."""
    if token is None and here.settings.registration.require_initial_access_token:
        raise BearerError("")
    if token is not None:
        async with here.provider.storage.snapshot(here.tenant.name) as tx:
            if await tx.initial_tokens.find(hash_token(token), now) is None:
                raise unknown_token()


def opened(request: web.Request) -> Issuer:
    """The issuer. Raises `HTTPNotFound` where clients do not register themselves."""
    here = issuer.of(request)
    if not here.settings.registration.enabled:
        raise web.HTTPNotFound
    return here


def bearer(request: web.Request) -> Secret | None:
    """The token in the header, the only place for it here; None if there is none."""
    values = request.headers.getall(hdrs.AUTHORIZATION, ())
    if len(values) > 1:
        raise BearerError("invalid_request", "more than one access token was sent")
    scheme, _, token = values[0].partition(" ") if values else ("", "", "")
    return Secret(token.strip()) if scheme.lower() == "bearer" else None


async def read(request: web.Request) -> dict[str, Any]:
    """The JSON object that was sent. Raises `RegistrationError`."""
    if request.content_type != "application/json":
        raise RegistrationError("invalid_client_metadata", "the content type must be application/json")
    body = bytearray()
    async for chunk in request.content.iter_chunked(MAXIMUM_BYTES):
        body += chunk
        if len(body) > MAXIMUM_BYTES:
            raise RegistrationError("invalid_client_metadata", "the request is too large")
    try:
        asked = orjson.loads(body)
        orjson.dumps(asked)  # as it is going to be stored: that allows for less depth than reading does
    except (ValueError, TypeError):
        raise RegistrationError("invalid_client_metadata", "the request is not JSON") from None
    if not isinstance(asked, dict):
        raise RegistrationError("invalid_client_metadata", "the request is not a JSON object")
    return asked


async def checked(here: Issuer, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata as they are registered at this issuer. Raises `RegistrationError`."""
    metadata = parse(asked, here.settings.registration, discovery.algorithms(here.clients.values()))
    is_by_certificate = metadata["token_endpoint_auth_method"] in CERTIFICATE_METHODS
    if not here.takes_certificates and (
        is_by_certificate or metadata.get("tls_client_certificate_bound_access_tokens")
    ):
        raise RegistrationError("invalid_client_metadata", "certificates of clients are not supported here")
    await sector.check(here.outbound, metadata)
    return metadata


def information(
    here: Issuer, client: RegisteredClient, token: Secret, secret: Secret | None = None
) -> dict[str, Any]:
    """What a client is told of itself (RFC 7591 §3.2.1, RFC 7592 §3); its secret only when it is new."""
    said = {
        **client.metadata,
        "client_id": client.id,
        "client_id_issued_at": client.created_at,
        "registration_client_uri": here.tenant.url(f"{PATH}/{client.id}"),
        "registration_access_token": token.reveal(),
    }
    return said | {"client_secret": secret.reveal(), "client_secret_expires_at": 0} if secret else said


async def record(here: Issuer, visiting: Visit, event: str, **details: Any) -> None:
    """Write an audit event of a registered client, under the service that all of them are."""
    await visiting.record(event, user_id=None, service=here.settings.registration.service, **details)


async def refused(request: web.Request, here: Issuer, fault: RegistrationError) -> web.Response:
    """The fault as JSON (RFC 7591 §3.2.2)."""
    await _record_refusal(request, here, fault)
    return answer({"error": fault.error, "error_description": fault.description}, fault.status)


async def _record_refusal(request: web.Request, here: Issuer, fault: OIDCError) -> None:
    async with here.provider.storage.transaction(here.tenant.name) as tx:
        await record(here, visit(request, tx), "client.refused", error=fault.error, reason=fault.description)


async def refusal(request: web.Request, here: Issuer, fault: BearerError) -> web.Response:
    """Who may not ask at all (RFC 6750 §3)."""
    challenge = f'Bearer realm="{here.tenant.issuer}"'
    if fault.error:
        await _record_refusal(request, here, fault)
        challenge += f', error="{fault.error}", error_description="{fault.description}"'
    return web.Response(status=fault.status, headers={**NO_STORE, hdrs.WWW_AUTHENTICATE: challenge})


def answer(said: Mapping[str, Any], status: int = 200) -> web.Response:
    """JSON that nobody keeps."""
    body = orjson.dumps(said)
    return web.Response(status=status, body=body, content_type="application/json", headers=NO_STORE)


def unknown_token() -> BearerError:
    """The same for every fault."""
    return BearerError("invalid_token", "the access token is unknown, expired or used up")
