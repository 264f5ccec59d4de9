"""By what name a service knows a user: one for all services, or one for each sector (OpenID Connect Core §8)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

import orjson

from keys import base64url

KEY: Final = "pairwise subjects"  # the purpose of the tenant's key


@dataclass(frozen=True, slots=True, repr=False)
class Pairwise:
    """Names that services of different sectors cannot compare (§8.1).

    HMAC-SHA256 under a key of the tenant. It needs no table: wherever a name comes back (a hint, a wished `sub`)
    we know the user whom it must be, and derive his name again.
    """

    key: bytes
    sector: str  # a host

    def of(self, user_id: str) -> str:
        """The user's name in this sector."""
        message = orjson.dumps((self.sector, user_id))
        return base64url.encode(hmac.digest(self.key, message, hashlib.sha256)).decode()
