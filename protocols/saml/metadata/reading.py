"""Metadata read once, piece by piece: what it says of some entities, taken from the events that its signature covers.

A federation's aggregate has thousands of entities and a hundred megabytes; only those that are wanted stay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from protocols.saml.metadata.covered import Capture, Covered
from protocols.saml.metadata.events import Events, Tag
from protocols.saml.metadata.times import earliest, moment, span
from protocols.saml.names import METADATA
from protocols.saml.xml import Unreadable

ENTITY_BYTES: Final = 512 * 1024


@dataclass(frozen=True, slots=True)
class Entity:
    """One EntityDescriptor as canonical XML, with what the aggregate around it says of its life."""

    entity_id: str
    document: bytes
    valid_until: int | None = None  # epoch seconds
    cache_seconds: int | None = None

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.document).hexdigest()


class Reader:
    """Feed it the pieces of a document, then ask what was found."""

    def __init__(self, wanted: Collection[str] | None, pinned: Collection[bytes] = ()) -> None:
        """`wanted` are entity IDs, empty for the only one there is, None for all.

        `pinned` are the certificates (DER) of who must have signed the document; without them nobody must have.
        """
        self._wanted = frozenset(wanted) if wanted is not None else None
        self._covered = Covered(pinned) if pinned else None
        self._found: dict[str, Entity] = {}
        self._around: list[tuple[int | None, int | None]] = []  # of every EntitiesDescriptor that is open
        self._depth = 0
        self._entity: tuple[str, Capture] | None = None
        self._events = Events(self)

    def feed(self, piece: bytes) -> None:
        """Raises `Unreadable` or `BadSignature`."""
        self._events.feed(piece)

    def finish(self) -> Mapping[str, Entity]:
        """The entities by ID. Raises `Unreadable` or `BadSignature`: only now it is certain who said it all."""
        self._events.close()
        if self._covered is not None:
            self._covered.check()
        return self._found

    def start(self, tag: Tag) -> None:
        """`Listener`: an entity is looked for below nothing but EntitiesDescriptors, never in extensions."""
        depth, self._depth = self._depth, self._depth + 1
        if self._covered is not None and self._covered.start(tag):
            return
        if self._entity is not None:
            self._entity[1].start(tag)
        elif depth == len(self._around):
            self._descend(tag, is_root=depth == 0)

    def end(self, tag: Tag) -> None:
        self._depth -= 1
        if self._covered is not None and self._covered.end(tag):
            return
        if self._entity is not None:
            entity_id, capture = self._entity
            if capture.end(tag):
                self._keep(entity_id, bytes(capture.written))
                self._entity = None
        elif self._depth < len(self._around):
            self._around.pop()

    def text(self, data: str) -> None:
        if self._covered is not None and self._covered.text(data):
            return
        if self._entity is not None:
            self._entity[1].text(data)

    def _descend(self, tag: Tag, *, is_root: bool) -> None:
        kind = tag.local if tag.namespace == METADATA else ""
        if is_root and kind not in ("EntityDescriptor", "EntitiesDescriptor"):
            raise Unreadable("this is no SAML 2.0 metadata")
        if kind == "EntitiesDescriptor":
            self._around.append(_life(tag))
        entity_id = tag.find("entityID") if kind == "EntityDescriptor" else None
        if entity_id and (not self._wanted or entity_id in self._wanted):
            if self._found and self._wanted == frozenset():
                raise Unreadable("the metadata has several entities, say which by entity_id")
            if entity_id in self._found:
                raise Unreadable("the metadata has one entity twice")
            self._entity = (entity_id, Capture(ENTITY_BYTES))
            self._entity[1].start(tag)

    def _keep(self, entity_id: str, document: bytes) -> None:
        ends, spans = zip(*self._around, strict=True) if self._around else ((), ())
        self._found[entity_id] = Entity(entity_id, document, earliest(*ends), earliest(*spans))


def _life(tag: Tag) -> tuple[int | None, int | None]:
    until, cached = tag.find("validUntil"), tag.find("cacheDuration")
    return (moment(until) if until else None, span(cached) if cached else None)


def read(
    data: bytes, wanted: Collection[str] | None = (), pinned: Collection[bytes] = ()
) -> Mapping[str, Entity]:
    """The same for a document that is held already. Raises `Unreadable` and `BadSignature`."""
    reader = Reader(wanted, pinned)
    reader.feed(data)
    return reader.finish()
