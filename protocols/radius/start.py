"""`/radius/start/SERVICE`: from the portal into the VPN, by a credential that the NAS can bring us once."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Final

from aiohttp import web

from idp.authenticators.answer import Answer
from idp.outcome import Accept, Authentication, Resume
from idp.policy import Attempt
from idp.username import canonical
from idp.visit import Visit
from idp.web import login
from idp.web.exchange import PROVIDER, TENANT
from idp.web.respond import page
from idp.web.visiting import visit
from keys.secret import Secret
from keys.token import hash_token, new_token
from protocols.radius.clients import NAS
from protocols.radius.start_settings import CREDENTIAL, USERNAME, StartSettings
from protocols.radius.state import DOOR
from storage.records import Interaction, User

ADDRESS: Final = "/radius/start/{service}"
MARK: Final = "start-"  # so that no other password is looked up
PLACE: Final = "start "  # no id of a login in progress begins so


def path(service: str) -> str:
    """Our own address for it, for the tile of the portal."""
    return ADDRESS.format(service=service)


async def show(request: web.Request) -> web.StreamResponse:
    """GET: the login, as far as the service's rules want one; then a form that goes on to the appliance."""
    provider, tenant = request.config_dict[PROVIDER], request[TENANT]
    name = request.match_info["service"]
    service = tenant.services.get(name)
    settings = service.doors.get(DOOR) if service else None
    if settings is None or settings.start is None:
        raise web.HTTPNotFound
    start: StartSettings = settings.start
    async with provider.storage.transaction(tenant.name) as tx:
        here = visit(request, tx)
        attempt = Attempt(DOOR, name, here.caller.address, here.now)
        outcome = await provider.login.begin(here, attempt, Resume(DOOR, {"service": name}))
        if not isinstance(outcome, Accept):
            return login.respond(request, outcome)
        credential = await give(here, NAS(tenant, name, settings), outcome.authentication, start.seconds)
    return page(
        request,
        "handover/post",
        destinations=(start.url,),
        action=start.url,
        fields=list(_fields(start, outcome.authentication.user, credential)),
        service=login.service_name(request, name),
    )


async def give(here: Visit, nas: NAS, proven: Authentication, seconds: int) -> Secret:
    """A credential for this user at this NAS. Only its hash is kept, with the proofs that it stands for."""
    credential = Secret(MARK + new_token().reveal())
    started = Interaction(
        id=_place(credential),
        browser_hash=hash_token(nas.browser),
        door=DOOR,
        service=nas.service,
        request={},
        created_at=here.now,
        expires_at=here.now + seconds,
        username=canonical(proven.user.login_name),
        user_id=proven.user.id,
        proofs=proven.proofs,
    )
    await here.tx.interactions.add(started)
    await here.record("login.started", user_id=proven.user.id, service=nas.service, door=DOOR)
    return credential


async def redeem(here: Visit, nas: NAS, begun: Interaction, answer: Answer) -> Interaction | None:
    """The login with the proofs that the credential stands for; None where the answer is none of ours.

    Whoever brings it under another name has spent it.
    """
    if nas.settings.start is None or not isinstance(answer, Secret) or not answer.reveal().startswith(MARK):
        return None
    started = await here.tx.interactions.consume(_place(answer), here.caller.browser_hash, here.now)
    if started is None or started.user_id != begun.user_id or started.username != begun.username:
        return None
    return dataclasses.replace(begun, chain=(), proofs=started.proofs)


def _place(credential: Secret) -> str:
    return PLACE + hash_token(credential).hex()


def _fields(start: StartSettings, user: User, credential: Secret) -> Iterator[tuple[str, str]]:
    for name, text in start.fields.items():
        yield name, text.replace(USERNAME, user.login_name).replace(CREDENTIAL, credential.reveal())
