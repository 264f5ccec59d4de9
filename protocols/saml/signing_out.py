"""A session ends because a service says so: here, and then wherever else it went; and what it is answered."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from idp.custody.certification import CertifiedRing
from idp.logout import departure
from idp.logout.departure import Departure
from idp.logout.farewell import Result, Told
from idp.visit import Visit
from idp.web import round as rounds
from idp.web.exchange import NOW
from idp.web.round import Round
from keys.secret import Secret
from keys.token import hash_token
from protocols.saml import participation, unconfirmed
from protocols.saml.entity import ASK, Entity, Party
from protocols.saml.errors import Refused, SAMLError
from protocols.saml.logout_message import LogoutRequest, new_request, new_response, spoken
from protocols.saml.names import PARTIAL_LOGOUT, SUCCESS
from protocols.saml.sending import front_endpoint, send
from protocols.saml.xml import Element
from storage.participants import Participant

PREFIX: Final = "_"  # an xs:ID may not begin with a digit


@dataclass(frozen=True, slots=True)
class Ended:
    """Sessions that ended, and the services that were told or are to be."""

    told: tuple[Told, ...] = ()
    departures: tuple[Departure, ...] = ()
    hashes: tuple[bytes, ...] = ()  # of the sessions' secrets
    is_known: bool = True  # False: one had ended before, and not every service has confirmed that

    @property
    def status(self) -> tuple[str, str]:
        """Success is claimed only where every service confirmed it (saml-core-2.0 §3.7.3.2)."""
        is_whole = self.is_known and all(each.result is Result.DONE and not each.frame for each in self.told)
        return SUCCESS, "" if is_whole else PARTIAL_LOGOUT

    async def conclude(self, here: Entity) -> Ended:
        """After the transaction: tell everyone at once whom the back channel reaches."""
        told = list(self.told)
        for each in self.departures:
            told += await departure.conclude(here.provider, here.tenant, each)
        return dataclasses.replace(self, told=tuple(told), departures=())

    def is_of(self, visit: Visit) -> bool:
        """Whether the browser's own session is among them, or it has none that could be another."""
        secret = visit.caller.session
        return secret is None or hash_token(secret) in self.hashes


async def end(
    visit: Visit, here: Entity, party: Party, request_id: str, asked: LogoutRequest, *, browser: bool
) -> Ended | None:
    """End the sessions of which the service speaks; None where it knows none of ours by these names.

    Raises `Refused` for a request that was made before. The service itself needs no telling: it signed the user
    out before it asked.
    """
    await _spend(visit, party, request_id)
    client_id = party.metadata.entity_id
    participants = await participation.find(visit.tx, here, party, asked)
    ended: list[Departure] = []
    hashes: list[bytes] = []
    is_known = True
    for sid in dict.fromkeys(each.sid for each in participants):
        await visit.tx.participants.delete_of(sid, client_id)
        session = await visit.tx.sessions.find_by_sid(sid, visit.now)
        if session is None or not await visit.tx.sessions.delete(session.id_hash):
            is_known = not await unconfirmed.is_left(visit.tx, sid, client_id) and is_known
            continue
        said = {"sid": sid, "reason": "service"}
        await visit.record("session.ended", user_id=session.user_id, service=party.service, **said)
        hashes.append(session.id_hash)
        doors = here.provider.doors
        left = await departure.depart(visit, doors, session, party.service, client_id, browser=browser)
        ended.append(left)
        if await unconfirmed.is_lost(visit.tx, left):
            for each in participants:
                if each.sid == sid:  # nobody else remembers: whoever asks next must not hear that all is done
                    await visit.tx.participants.add(each)
    return Ended((), tuple(ended), tuple(hashes), is_known) if participants else None


async def ask(request: web.Request, visit: Visit, here: Entity, going: Round) -> web.Response:
    """The browser to the next service, with a request; its result is `asked` until an answer comes back."""
    place = next(place for place, each in enumerate(going.told) if each.result is Result.WAITING)
    service = going.told[place]
    party, ring = here.party(service.service), await here.certification.load(visit.tx)
    endpoint = front_endpoint(party) if party and party.metadata.entity_id == service.client_id else None
    participants = await visit.tx.participants.list(service.sid, service.client_id)
    groups = participation.by_name(participants)
    name = _spoken(here, party, groups[0][0]) if party and endpoint and groups else None
    result = Result.ASKED if name is not None else Result.UNSUPPORTED
    going = going.settle(place, result)
    await rounds.keep(visit, going)
    said = {"sid": service.sid}
    await visit.record(f"logout.{result.value}", user_id=None, service=service.service, **said)
    if party is None or endpoint is None or name is None:
        return rounds.send(request, visit, going.address(here.tenant))
    await visit.tx.commit()  # no writer has to wait for a signature
    identifier = f"{PREFIX}{going.token.reveal()}.{place}"
    indexes = [each.session_index for each in groups[0]]
    message = new_request(identifier, here.id, endpoint.location, visit.now, name, indexes)
    return send(request, party, ring, endpoint.binding, message, "SAMLRequest", None)


async def settle(visit: Visit, said: Mapping[str, Any]) -> Round | None:
    """A service answered: what became of it. None where this browser was not sent there, or answered before.

    `said` is `out`, whether its user is signed out; None where it is not sure who answered.
    """
    token, _, number = said["answers"].removeprefix(PREFIX).rpartition(".")
    going = await rounds.take(visit, Secret(token))
    if going is None:
        return None
    place = int(number) if re.fullmatch("[0-9]{1,4}", number) else len(going.told)
    asked = going.told[place] if place < len(going.told) else None
    if asked is None or (asked.path, asked.result) != (ASK, Result.ASKED):
        return None
    details = {"sid": asked.sid, "place": place}
    if said["out"] is None:
        details["reason"] = said["reason"]
        result = asked.result
    elif asked.service == said["service"]:
        result = await _done(visit, asked) if said["out"] else Result.FAILED
    else:
        return None
    going = going.settle(place, result)
    await rounds.keep(visit, going)
    await visit.record(f"logout.{result.value}", user_id=None, service=asked.service, **details)
    return going


def answer(
    request: web.Request,
    here: Entity,
    party: Party,
    ring: CertifiedRing,
    asker: Mapping[str, Any],
    status: tuple[str, str],
) -> web.Response:
    """The answer to the service that asked. Raises `Refused` where its metadata does not say where to."""
    endpoint = front_endpoint(party, asker["binding"])
    if endpoint is None:
        words = (
            "you are signed out, but the metadata of the service does not say where it wants to hear of it"
        )
        raise Refused("unknown_endpoint", words, party.service)
    location = endpoint.response_location or endpoint.location
    message = new_response(here.id, location, asker["id"], request[NOW], status)
    return send(request, party, ring, endpoint.binding, message, "SAMLResponse", asker["relay_state"])


def _spoken(here: Entity, party: Party, participant: Participant) -> Element | None:
    """By what name the service is asked; None where it must be encrypted and cannot be."""
    try:
        return spoken(party, participation.name_of(here, participant))
    except SAMLError:
        return None


async def _done(visit: Visit, told: Told) -> Result:
    """By one name; it may know the session by another as well."""
    participants = await visit.tx.participants.list(told.sid, told.client_id)
    groups = participation.by_name(participants)
    if groups:
        await visit.tx.participants.delete_of(told.sid, told.client_id, groups[0][0].name_hash)
    if len(groups) > 1:
        return Result.WAITING
    await visit.tx.deliveries.delete(told.delivery)
    return Result.DONE


async def _spend(visit: Visit, party: Party, request_id: str) -> None:
    """A request is good once: a copy would end the next session too."""
    digest = hashlib.sha256(f"saml logout\n{party.service}\n{request_id}".encode()).digest()
    settings = party.settings
    until = visit.now + settings.request_seconds + 2 * settings.skew_seconds
    if not await visit.tx.spent_identifiers.add(digest, until):
        raise Refused("replayed_request", "this request was made before", party.service)
