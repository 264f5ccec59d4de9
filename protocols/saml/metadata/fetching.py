"""Metadata fetched from the web: a document as it comes, or one entity by the Metadata Query protocol."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from idp.web.outbound import Limits, Outbound, OutboundError
from protocols.saml.metadata.reading import Entity, Reader
from protocols.saml.signature import BadSignature
from protocols.saml.xml import Unreadable

MEDIA_TYPE: Final = "application/samlmetadata+xml"  # saml-metadata-2.0 appendix A
LIMITS: Final = Limits(seconds=120.0, maximum_bytes=256 * 1024 * 1024)  # of the largest federation, thrice


class Unfetched(Exception):
    """Nothing that can be believed came back; says why in words for the administrator."""


async def fetch(
    outbound: Outbound, url: str, wanted: Collection[str], pinned: Collection[bytes]
) -> Mapping[str, Entity]:
    """Of a document the entities that are wanted, or the only one. Raises `Unfetched`."""
    found = await _load(outbound, url, wanted, pinned)
    if found is None:
        raise Unfetched("it answered 404")
    return found


async def query(outbound: Outbound, server: str, entity_id: str, pinned: Collection[bytes]) -> Entity:
    """One entity (draft-young-md-query §2). Raises `Unfetched`.

    First by the identifier that every server of SAML metadata understands (draft-young-md-query-saml §2.2.2),
    then, where that is not found, by the ID itself.
    """
    digest = hashlib.sha1(entity_id.encode(), usedforsecurity=False).hexdigest()
    for identifier in (f"{{sha1}}{digest}", entity_id):
        url = f"{server.rstrip('/')}/entities/{quote(identifier, safe='')}"
        found = await _load(outbound, url, (entity_id,), pinned)
        if found is not None and entity_id in found:
            return found[entity_id]
    raise Unfetched(f"it does not know {entity_id}")


async def _load(
    outbound: Outbound, url: str, wanted: Collection[str], pinned: Collection[bytes]
) -> Mapping[str, Entity] | None:
    """None where there is nothing (404)."""
    reader = Reader(wanted, pinned)

    def take(piece: bytes) -> None:
        try:
            reader.feed(piece)
        except (Unreadable, BadSignature) as error:
            raise Unfetched(str(error)) from None  # a ValueError would be taken for one of the connection

    try:
        status = await outbound.stream(url, MEDIA_TYPE, LIMITS, take)
        if status == HTTPStatus.NOT_FOUND:
            return None
        if status != HTTPStatus.OK:
            raise Unfetched(f"it answered {status}")
        return reader.finish()
    except (OutboundError, Unreadable, BadSignature) as error:
        raise Unfetched(str(error)) from None
