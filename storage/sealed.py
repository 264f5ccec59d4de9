"""The part of an audit record that is of a person: sealed under the record's key, and opened again."""

from __future__ import annotations

from typing import Any

import orjson

from keys.personal import record_key, seal, unseal
from keys.seal import Unsealable
from storage.records import JSON


def seal_part(secret: bytes, record_id: str, address: str, details: JSON) -> bytes:
    """Address and details of one record, under the secret of their person."""
    return seal(record_key(secret, record_id), orjson.dumps([address, dict(details)]))


def open_part(key: bytes, sealed: bytes) -> tuple[str, dict[str, Any]]:
    """Address and details again; `key` is the record's. Raises `keys.seal.Unsealable`."""
    try:
        address, details = orjson.loads(unseal(key, sealed))
    except ValueError:
        raise Unsealable from None
    return address, details
