"""What the chain is made of: the digest of a record as it is kept, and the head that all digests so far give."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from storage.chain import Kept

DIGEST_BYTES = 32
BEGINNING = bytes(DIGEST_BYTES)  # the head before the first record
FORMAT = b"masugata audit record 1"


def digest(tenant: str, kept: Kept) -> bytes:
    """SHA-256 over all that is kept, each field behind its length (four bytes, big-endian). What is of a person enters
    sealed, so that it can be verified when the person's key is gone.
    """
    fields = (
        *(tenant, kept.id, str(kept.version), str(kept.at), kept.event, kept.user_id or ""),
        *(kept.service, kept.address, kept.request_id, kept.reference, kept.details),
    )
    parts = [FORMAT, *map(str.encode, fields), kept.sealed or b""]
    return hashlib.sha256(b"".join([len(part).to_bytes(4) + part for part in parts])).digest()


def advance(head: bytes, digests: Iterable[bytes]) -> bytes:
    """The head behind these digests: SHA-256 over the head before and the digest, one after the other."""
    for each in digests:
        head = hashlib.sha256(head + each).digest()
    return head


def split(digests: bytes) -> Iterator[bytes]:
    """Digests that stand one behind the other."""
    for begin in range(0, len(digests), DIGEST_BYTES):
        yield digests[begin : begin + DIGEST_BYTES]
