"""MS-CHAP in both versions (RFC 2433, RFC 2759) and the keys that come of it (RFC 3079): pure functions."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from keys.des import KEY_BYTES, encrypt_block
from keys.md4 import md4

CHALLENGE_BYTES: Final = 16
RESPONSE_BYTES: Final = 24

# RFC 2759 §8.7
_SIGNING: Final = b"Magic server to client signing constant"
_ONCE_MORE: Final = b"Pad to make it do more than one iteration"
# RFC 3079 §3.4; the words are of the client's side.
_MASTER: Final = b"This is the MPPE Master Key"
_CLIENT_SENDS: Final = b"On the client side, this is the send key; on the server side, it is the receive key."
_CLIENT_RECEIVES: Final = (
    b"On the client side, this is the receive key; on the server side, it is the send key."
)
_PAD1, _PAD2 = bytes(40), b"\xf2" * 40


def nt_password_hash(password: str) -> bytes:
    """MD4 over UTF-16 (RFC 2759 §8.3). What is half of a surrogate pair is hashed as it is."""
    return md4(password.encode("utf-16-le", "surrogatepass"))


def challenge_response(challenge: bytes, password_hash: bytes) -> bytes:
    """24 bytes for a challenge of 8 (RFC 2433 §A.5)."""
    padded = password_hash.ljust(3 * KEY_BYTES, b"\0")
    keys = (padded[start : start + KEY_BYTES] for start in range(0, 3 * KEY_BYTES, KEY_BYTES))
    return b"".join(encrypt_block(challenge, key) for key in keys)


def challenge_hash(peer_challenge: bytes, challenge: bytes, username: bytes) -> bytes:
    """The 8 bytes that version 2 answers. `username` is without its domain (RFC 2759 §8.2)."""
    return hashlib.sha1(peer_challenge + challenge + username).digest()[:8]  # noqa: S324  as the RFC says


def authenticator_response(password_hash: bytes, nt_response: bytes, hashed_challenge: bytes) -> str:
    """`S=` and 40 digits, by which the client sees that we knew the password, too (RFC 2759 §8.7)."""
    digest = _sha1(md4(password_hash), nt_response, _SIGNING)
    return "S=" + _sha1(digest, hashed_challenge, _ONCE_MORE).hex().upper()


def session_keys(password_hash: bytes, nt_response: bytes) -> tuple[bytes, bytes]:
    """What the server sends and receives with, 16 bytes each (RFC 3079 §3.3)."""
    master = _sha1(md4(password_hash), nt_response, _MASTER)[:16]
    send, receive = (_sha1(master, _PAD1, words, _PAD2)[:16] for words in (_CLIENT_RECEIVES, _CLIENT_SENDS))
    return send, receive


def key_v1(password_hash: bytes) -> bytes:
    """The value of MS-CHAP-MPPE-Keys: no LAN Manager key, the hash's hash, no more (RFC 2548 §2.4.1)."""
    return bytes(8) + md4(password_hash) + bytes(8)


def is_response(given: bytes, expected: bytes) -> bool:
    """In constant time."""
    return hmac.compare_digest(given, expected)


def without_domain(username: bytes) -> bytes:
    """Windows writes `DOMAIN\\user`, and hashes `user` alone (RFC 2759 §4)."""
    return username.rpartition(b"\\")[2]


def _sha1(*parts: bytes) -> bytes:
    return hashlib.sha1(b"".join(parts)).digest()  # noqa: S324  as the RFCs say
