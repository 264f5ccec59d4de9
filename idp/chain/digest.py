"""What the chain is made of: the digest of a record as it is kept, and the head that all digests so far give."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator

from storage.chain import Kept

DIGEST_BYTES = 32
BEGINNING = bytes(DIGEST_BYTES)  # the head before the first record
FORMAT = b"masugata audit record 1"

_LENGTHS = struct.Struct(">13I")


def digest(tenant: str, kept: Kept) -> bytes:
    """SHA-256 over all that is kept: the lengths of the fields (four bytes each, big-endian), then the fields.

    What is of a person enters sealed, so that it can be verified when the person's key is gone.
    """
    parts = (
        FORMAT,
        *(tenant.encode(), kept.id.encode(), b"%d" % kept.version, b"%d" % kept.at, kept.event.encode()),
        *((kept.user_id or "").encode(), kept.service.encode(), kept.address.encode()),
        *(kept.request_id.encode(), kept.reference.encode(), kept.details.encode()),
        kept.sealed or b"",
    )
    return hashlib.sha256(_LENGTHS.pack(*map(len, parts)) + b"".join(parts)).digest()


def advance(head: bytes, digests: Iterable[bytes]) -> bytes:
    """The head behind these digests: SHA-256 over the head before and the digest, one after the other."""
    for each in digests:
        head = hashlib.sha256(head + each).digest()
    return head


def split(digests: bytes) -> Iterator[bytes]:
    """Digests that stand one behind the other."""
    for begin in range(0, len(digests), DIGEST_BYTES):
        yield digests[begin : begin + DIGEST_BYTES]
