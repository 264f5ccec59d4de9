"""Nonces of ours in DPoP proofs, so that none can be made for later use (RFC 9449 §8)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

from keys import base64url

KEY: Final = "DPoP nonces"  # the purpose of the tenant's key
HEADER: Final = "DPoP-Nonce"
SECONDS: Final = 120  # how long one is given out; it is good for as long again


@dataclass(frozen=True, slots=True, repr=False)
class Nonces:
    """Derived from the time, so that every node knows them and none is stored. A proof is spent all the same."""

    key: bytes

    def current(self, now: int) -> str:
        """The one that is given out at `now` (epoch seconds)."""
        return self._of(now // SECONDS)

    def is_good(self, nonce: object, now: int) -> bool:
        """Whether it was given out just now, or just before."""
        if not isinstance(nonce, str) or not nonce.isascii():
            return False
        return any(hmac.compare_digest(nonce, self._of(now // SECONDS - ago)) for ago in (0, 1))

    def _of(self, period: int) -> str:
        return base64url.encode(hmac.digest(self.key, str(period).encode(), hashlib.sha256)).decode()
