"""The pattern that a user has, and whether he may keep it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from idp.authenticators import Refused
from idp.authenticators.matrix import pattern
from idp.authenticators.matrix.content import Content
from idp.authenticators.matrix.settings import MatrixSettings
from storage.quick import quick
from storage.records import Credential

Due = Literal["", "initial", "expired", "exposed", "unfit", "forgotten"]
HOUR: Final = 3600
DAY: Final = 86_400


@quick
@dataclass(frozen=True, slots=True)
class Present:
    """A pattern, opened, and the settings for its user."""

    credential: Credential
    content: Content
    settings: MatrixSettings

    def due(self, now: int) -> Due:
        """Why it must be changed before its user goes on; empty if it need not be."""
        if self.content.until is not None:
            return "initial"
        ends = self.expires_at
        if ends is not None and ends <= now:
            return "expired"
        try:
            pattern.check(self.content.cells, self.settings.pattern, self.settings.table)
        except Refused:  # he is in other groups than when he set it, or their rules are others now
            return "unfit"
        return ""

    @property
    def expires_at(self) -> int | None:
        """When one of the user's own must be changed at the latest (epoch seconds), if ever."""
        days = self.settings.pattern.expires_days
        return None if days is None else self.credential.created_at + days * DAY

    @property
    def changeable_at(self) -> int:
        """From when on its user may change it by himself (epoch seconds)."""
        return self.credential.created_at + self.settings.pattern.min_age_hours * HOUR
