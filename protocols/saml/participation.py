"""By what names a service knows a session: remembered at each login, found again when either side ends it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from itertools import groupby
from typing import Final

import orjson

from idp.logout.delivering import GIVEN_UP_SECONDS
from protocols.saml.entity import Entity, Party
from protocols.saml.logout_message import LogoutRequest
from protocols.saml.name_id import NameID
from protocols.saml.names import UNSPECIFIED
from storage import Transaction
from storage.participants import Participant
from storage.records import Grant

TABLE: Final = "participants"


async def remember(tx: Transaction, here: Entity, grant: Grant, named: NameID, ends_at: int) -> None:
    """The service knows this login by the grant's id, and the user by that name, until `ends_at`.

    It may still have to be told for as long as that is tried.
    """
    name = (named.value, named.format, named.name_qualifier, named.sp_name_qualifier)
    participant = Participant(
        session_index=grant.id,
        sid=grant.sid,
        service=grant.service,
        client_id=grant.client_id,
        name_hash=_hash(here, grant.client_id, named.value),
        sealed=here.tenant.vault.seal(orjson.dumps(name), TABLE, grant.id),
        expires_at=ends_at + GIVEN_UP_SECONDS,
    )
    await tx.participants.add(participant)


async def find(tx: Transaction, here: Entity, party: Party, asked: LogoutRequest) -> list[Participant]:
    """The logins of which the service speaks: its own, of that user, and no others (saml-core-2.0 §3.7.1)."""
    client_id = party.metadata.entity_id
    if asked.session_indexes:
        found = [await tx.participants.find(client_id, index) for index in asked.session_indexes]
    else:
        found = [*await tx.participants.list_named(client_id, _hash(here, client_id, asked.name_id.value))]
    return [each for each in found if each is not None and _is(name_of(here, each), asked.name_id)]


def name_of(here: Entity, participant: Participant) -> NameID:
    """By what the service knows the user. Raises `keys.seal.Unsealable` for a row that was moved or altered."""
    name = here.tenant.vault.open(participant.sealed, TABLE, participant.session_index)
    return NameID(*orjson.loads(name))


def by_name(participants: Sequence[Participant]) -> list[list[Participant]]:
    """One request speaks of one name; a service that is given transient ones knows a user by several."""
    ordered = sorted(participants, key=lambda each: (each.name_hash, each.session_index))
    return [list(group) for _, group in groupby(ordered, key=lambda each: each.name_hash)]


def _hash(here: Entity, client_id: str, value: str) -> bytes:
    message = b"\0".join((b"participant", client_id.encode(), value.encode("utf-8", "surrogatepass")))
    return hmac.digest(here.name_key, message, hashlib.sha256)


def _is(known: NameID, said: NameID) -> bool:
    """Whether that is the name: what is not said of it is as we said it (saml-core-2.0 §8.3.7)."""
    same_format = said.format in (known.format, "", UNSPECIFIED)
    same_qualifiers = said.name_qualifier in (None, "", known.name_qualifier) and (
        said.sp_name_qualifier in (None, "", known.sp_name_qualifier)
    )
    return known.value == said.value and same_format and same_qualifiers
