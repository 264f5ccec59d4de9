"""The promises every backend keeps about what clients present again; see `storage.contract`."""

from __future__ import annotations

from typing import Protocol


class SpentIdentifiers(Protocol):
    """Identifiers of signed messages that are good for one use."""

    async def add(self, digest: bytes, expires_at: int) -> bool:
        """Remember it until then; False if it was spent before. One statement: of many, one gets True."""
