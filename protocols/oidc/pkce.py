"""Proof Key for Code Exchange (RFC 7636), S256 only."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode

METHOD = "S256"
VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")  # RFC 7636 §4.1
CHALLENGE = re.compile(r"[A-Za-z0-9\-_]{43}")  # 32 bytes of SHA-256 as base64url


def is_challenge(text: str) -> bool:
    """Whether `text` can be an S256 code challenge."""
    return CHALLENGE.fullmatch(text) is not None


def is_proven(challenge: str | None, verifier: str | None) -> bool:
    """Whether the verifier belongs to the challenge; one without the other is a downgrade: False."""
    if challenge is None or verifier is None:
        return challenge is verifier
    if not VERIFIER.fullmatch(verifier):
        return False
    digest = hashlib.sha256(verifier.encode()).digest()
    return hmac.compare_digest(urlsafe_b64encode(digest).rstrip(b"=").decode(), challenge)
