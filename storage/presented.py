"""The promises every backend keeps about what clients present again; see `storage.contract`."""

from __future__ import annotations

from typing import Protocol

from storage.records import RetryAnswer


class SpentIdentifiers(Protocol):
    """Identifiers of signed messages that are good for one use."""

    async def add(self, digest: bytes, expires_at: int) -> bool:
        """Remember it until then; False if it was spent before. One statement: of many, one gets True."""


class RetryAnswers(Protocol):
    """What a refresh answered; it goes with the grant."""

    async def add(self, answer: RetryAnswer) -> None: ...
    async def find(self, token_hash: bytes, now: int) -> RetryAnswer | None:
        """The answer to the refresh that spent this token; None once the token given by it was used."""
