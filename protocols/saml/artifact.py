"""Responses by reference (saml-bindings-2.0 §3.6): the browser carries an artifact, the service fetches the rest."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from typing import Final

from idp.visit import Visit
from keys import base64url
from protocols.saml.entity import Entity, Party
from protocols.saml.errors import Refused
from storage import Transaction
from storage.participants import Artifact

TABLE: Final = "artifacts"
TYPE: Final = b"\x00\x04"  # the only one of SAML 2.0 (§3.6.4)
INDEX: Final = b"\x00\x00"  # of our only resolution service in the metadata
HANDLE_BYTES: Final = 20
SECONDS: Final = 120  # the service asks at once; its clock does not matter here


async def keep(tx: Transaction, here: Entity, party: Party, message: bytes, now: int) -> str:
    """The artifact under which the message waits for that service."""
    handle = secrets.token_bytes(HANDLE_BYTES)
    digest = _hash(handle)
    sealed = here.tenant.vault.seal(message, TABLE, base64url.encode(digest).decode())
    await tx.artifacts.add(Artifact(digest, party.metadata.entity_id, sealed, now + SECONDS))
    return base64.b64encode(TYPE + INDEX + _source(here) + handle).decode()


async def consume(visit: Visit, here: Entity, party: Party, artifact: str) -> bytes | None:
    """The message for whoever it was made for: of many who come at once, one gets it. Raises `Refused`."""
    try:
        raw = base64.b64decode(artifact, validate=True)
    except (binascii.Error, ValueError):
        raise Refused("malformed", "the artifact is not base64", party.service) from None
    start = TYPE + INDEX + _source(here)
    if len(raw) != len(start) + HANDLE_BYTES or not raw.startswith(start):
        raise Refused("malformed", "the artifact is not one of ours", party.service)
    digest = _hash(raw[len(start) :])
    found = await visit.tx.artifacts.consume(digest, party.metadata.entity_id, visit.now)
    if found is None:
        return None
    return here.tenant.vault.open(found.sealed, TABLE, base64url.encode(digest).decode())


def _source(here: Entity) -> bytes:
    """Which identity provider it is of: services look it up by this hash (§3.6.4)."""
    return hashlib.sha1(here.id.encode(), usedforsecurity=False).digest()


def _hash(handle: bytes) -> bytes:
    return hashlib.sha256(handle).digest()
