"""What a credential of the password holds, as it is sealed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

MARK: Final = b"!"  # before the hash of one that its owner must change; no encoded hash begins so


@dataclass(frozen=True, slots=True)
class Content:
    """The encoded hash; `initial` is sealed with it, so that nobody who writes rows can take it away."""

    encoded: str = field(repr=False)
    initial: bool = False

    @classmethod
    def parse(cls, content: bytes) -> Content:
        """What `dump` has made."""
        return cls(content.removeprefix(MARK).decode(), content.startswith(MARK))

    def dump(self) -> bytes:
        return (MARK if self.initial else b"") + self.encoded.encode()
