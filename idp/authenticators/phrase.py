"""A fixed string that is typed in one field with a one-time answer: the matrix's phrase, the code's PIN."""

from __future__ import annotations

import string
import unicodedata
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from idp.authenticators import Refused
from idp.config.model import Model
from keys.secret import Secret

# Every half-width character but space, comma and colon, which separate words, items and fields elsewhere.
ALPHABET: Final = frozenset(string.ascii_letters + string.digits + string.punctuation) - frozenset(",:")
LONGEST = 128


class PhraseSettings(Model):
    """Whether there is one, and how long it is in characters."""

    use: Literal["never", "optional", "required"] = "optional"
    min: Annotated[int, Field(ge=1, le=LONGEST)] = 4
    max: Annotated[int, Field(ge=1, le=LONGEST)] = 32

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            raise ValueError("min must not be greater than max")
        return self


def accept(phrase: Secret, settings: PhraseSettings, what: str) -> str:
    """The phrase to keep, empty for none. `what` is what the user calls it. Raises `Refused`."""
    text = normalise(phrase)
    if not text:
        if settings.use == "required":
            raise Refused("missing", f"a {what} is required")
        return ""
    if settings.use == "never":
        raise Refused("unused", f"a {what} is not used here")
    if not settings.min <= len(text) <= settings.max:
        raise Refused("length", f"a {what} has {settings.min} to {settings.max} characters")
    if not ALPHABET.issuperset(text):
        raise Refused(
            "characters", f"a {what} has half-width letters, digits and signs but no space, comma or colon"
        )
    return text


def normalise(typed: Secret) -> str:
    """What was meant: full-width letters and digits as half-width ones, and no white space around."""
    return unicodedata.normalize("NFKC", typed.reveal()[: 4 * LONGEST]).strip()
