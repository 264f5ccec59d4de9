"""An answer that came as an NT response: compared with what is expected, and remembered if it fits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from protocols.radius import mschap


@dataclass(slots=True)
class NTResponse:
    """`idp.authenticators.answer.Hashed`. `password_hash` is set by a match: the session keys come of it."""

    challenge: bytes  # the 8 bytes that were answered
    response: bytes = field(repr=False)
    password_hash: bytes = field(default=b"", repr=False)

    def matches(self, expected: Iterable[str]) -> Sequence[bool]:
        """For each expected text whether it is the answer. All are looked at."""
        return [self._fits(mschap.nt_password_hash(text)) for text in expected]

    def _fits(self, password_hash: bytes) -> bool:
        computed = mschap.challenge_response(self.challenge, password_hash)
        fits = mschap.is_response(self.response, computed)
        if fits:
            self.password_hash = password_hash
        return fits
