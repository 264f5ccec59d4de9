"""A record as it is told to others, with the tenant's time, and with what proves it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from keys.personal import record_key
from keys.seal import Unsealable
from storage.chain import Kept
from storage.sealed import open_part


def told(kept: Kept, zone: ZoneInfo, key: bytes | None, user: str | None = None) -> dict[str, Any]:
    """What a reader sees; `key` opens what is of a person, `user` is his name if he has one still.

    Raises `keys.seal.Unsealable` for a key that does not open the record.
    """
    address, details, is_erased = kept.address, orjson.loads(kept.details), False
    if kept.sealed is not None and key is not None:
        hidden, personal = open_part(key, kept.sealed)
        address, details = hidden or address, details | personal
    elif kept.sealed is not None:
        is_erased = True
    return {
        "seq": kept.seq,
        "time": datetime.fromtimestamp(kept.at, zone).isoformat(),
        "event": kept.event,
        "user": user,
        "user_id": kept.user_id,
        "service": kept.service,
        "address": address,
        "request_id": kept.request_id,
        "reference": kept.reference,
        "details": details,
        **({"erased": True} if is_erased else {}),
    }


def key_of(kept: Kept) -> bytes | None:
    """What opens this one record; None where nothing is sealed, or its person was erased."""
    if kept.sealed is None or kept.secret is None:
        return None
    key = record_key(bytes(kept.secret), kept.id)
    try:
        open_part(key, kept.sealed)
    except Unsealable:  # it was put there by somebody else
        return None
    return key


def proof(kept: Kept, key: bytes | None) -> dict[str, Any]:
    """What the digest is made of, beside what `told` says already, and what opens it."""
    return {
        "version": kept.version,
        "id": kept.id,
        "at": kept.at,
        "address": kept.address,
        "details": kept.details,
        "sealed": _text(kept.sealed),
        "key": _text(key),
    }


def proven(line: Mapping[str, Any], zone: ZoneInfo) -> Kept:
    """The record of a line with its proof. Raises ValueError where the line says something else than its proof."""
    given = line["proof"]
    kept = Kept(
        seq=int(line["seq"]),
        version=int(given["version"]),
        id=given["id"],
        at=int(given["at"]),
        event=line["event"],
        user_id=line["user_id"],
        service=line["service"],
        address=given["address"],
        request_id=line["request_id"],
        reference=line["reference"],
        details=given["details"],
        sealed=_bytes(given["sealed"]),
    )
    try:
        said = told(kept, zone, _bytes(given["key"]), line["user"])
    except Unsealable:
        raise ValueError("its key does not open it") from None
    if said != {name: value for name, value in line.items() if name != "proof"}:
        raise ValueError("it says something else than its proof")
    return kept


def _text(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text, validate=True)
