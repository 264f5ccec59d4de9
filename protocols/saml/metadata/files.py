"""Metadata, and certificates of who signs them, in files of the configuration folder."""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from keys.certified_key import Unusable, public_key
from protocols.saml.metadata.description import describe
from protocols.saml.metadata.reading import ENTITY_BYTES, Entity, read
from protocols.saml.signature import BadSignature
from protocols.saml.xml import Unreadable

MAXIMUM_BYTES: Final = (
    16 * 1024 * 1024
)  # whoever has more lets it be fetched, which does not hold it in memory
_AGGREGATE: Final = re.compile(rb"<(?:[\w.-]+:)?EntitiesDescriptor[\s>]")
_PEM: Final = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")


def find(path: Path, entity_id: str | None, pinned: tuple[bytes, ...]) -> Entity:
    """The entity of that ID, or the only one, as can be described. Raises ValueError with words for people."""
    try:
        status = path.stat()
        if not pinned and status.st_size <= ENTITY_BYTES and not _AGGREGATE.search(data := _bytes(path)):
            # One entity as it stands: thousands of such files are read at each start.
            with contextlib.suppress(Unreadable):  # what is wrong is told below, with its line
                return _chosen(path, _alone(data), entity_id)
        chosen = _chosen(path, _entities(path, (status.st_mtime_ns, status.st_size), pinned), entity_id)
        describe(chosen.document)
    except OSError as error:
        raise ValueError(f"cannot read {path}: {(error.strerror or '').lower()}") from None
    except (Unreadable, BadSignature) as error:
        raise ValueError(f"{path}: {error}") from None
    return chosen


def _alone(data: bytes) -> Mapping[str, Entity]:
    entity_id = describe(data).provider.entity_id
    return {entity_id: Entity(entity_id, data)}


def _chosen(path: Path, found: Mapping[str, Entity], entity_id: str | None) -> Entity:
    if entity_id is None and len(found) != 1:
        raise ValueError(f"{path} has {len(found)} entities, say which by entity_id")
    chosen = next(iter(found)) if entity_id is None else entity_id
    if chosen not in found:
        raise ValueError(f"{path} has no entity {chosen}")
    return found[chosen]


@lru_cache(maxsize=4)
def _entities(path: Path, _state: tuple[int, int], pinned: tuple[bytes, ...]) -> Mapping[str, Entity]:
    """Kept, because many services may lie in one aggregate, until the file is another."""
    return read(_bytes(path), None, pinned)


def certificate(path: Path) -> bytes:
    """The certificate of a PEM file, as DER. Raises ValueError with words for the administrator."""
    try:
        found = _PEM.findall(_bytes(path))
    except OSError as error:
        raise ValueError(f"cannot read {path}: {(error.strerror or '').lower()}") from None
    if len(found) != 1:
        raise ValueError(f"{path} has {len(found)} certificates as PEM, one is needed")
    try:
        der = base64.b64decode(b"".join(found[0].split()), validate=True)
        public_key(der)
    except (binascii.Error, Unusable) as error:
        raise ValueError(f"{path}: {error}") from None
    return der


def _bytes(path: Path) -> bytes:
    # Not `read(MAXIMUM_BYTES)`, which makes room for all of them each time.
    if path.stat().st_size > MAXIMUM_BYTES:
        raise ValueError(f"{path} is larger than {MAXIMUM_BYTES} bytes")
    return path.read_bytes()
