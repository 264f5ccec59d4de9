"""User codes: what a person reads off a device and types into a browser (RFC 8628 §6.1)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from typing import Final

from keys.secret import Secret

ALPHABET: Final = "BCDFGHJKLMNPQRSTVWXZ"  # without vowels, so that no code is a word
LETTERS: Final = 8  # 20^8: 34 bits, for some minutes and a few guesses
KEY: Final = "device user codes"  # the purpose of the tenant's key
LONGEST: Final = 64  # what is longer was not typed


def new() -> Secret:
    """A fresh code as it is shown: XXXX-XXXX."""
    return _shown("".join(secrets.choice(ALPHABET) for _ in range(LETTERS)))


def parse(typed: str) -> Secret | None:
    """The code as it is shown, from whatever was typed; None for what cannot be one.

    Case, dashes and blanks do not matter (RFC 8628 §6.1), nor the wide letters and bars of a Japanese keyboard.
    """
    wide = unicodedata.normalize("NFKC", typed[:LONGEST]).upper()
    letters = "".join(letter for letter in wide if letter.isascii() and letter.isalnum())
    if len(typed) > LONGEST or len(letters) != LETTERS or not set(letters) <= set(ALPHABET):
        return None
    return _shown(letters)


def digest(key: bytes, code: Secret) -> bytes:
    """Under what the code is stored. A plain hash of 34 bits would be undone in seconds: this needs the key."""
    return hmac.digest(key, code.reveal().encode(), hashlib.sha256)


def _shown(letters: str) -> Secret:
    return Secret(f"{letters[:4]}-{letters[4:]}")
