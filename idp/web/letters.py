"""What mails say: the contract with themes, as `idp.web.contract` is for pages.

Every mail has `lang`, `tenant` (display name), `support` (or None), `name` and `username` of the user, `account_url`
(where he manages his proofs and sessions) and `style`. The first line of its text is the subject.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from idp.config.tenant import TenantSettings
from idp.mail.message import Letter
from idp.web.pages import Pages
from storage.records import User

LETTERS: Final[Mapping[str, frozenset[str]]] = {
    "welcome": frozenset(("grid", "cells", "until", "url")),  # an initial pattern, drawn and by its cells
    "changed": frozenset(("what", "at", "address")),  # see `idp.mail.queue.changed`
    "browser": frozenset(
        ("at", "address", "agent")
    ),  # a sign-in where there was none before; agent may be empty
    "activation": frozenset(("url", "until")),  # where one sets up an app for codes
    "locked": frozenset(("until",)),
    "reset": frozenset(("url", "until")),
}
MOMENTS: Final = frozenset(
    ("until", "at")
)  # epoch seconds, shown with their day: nobody knows when it is read
LONG_AGO: Final = 0
ACCOUNT: Final = "/account"


@dataclass(frozen=True, slots=True)
class Letters:
    """Writes mails in the tenant's theme."""

    pages: Pages

    def write(
        self, kind: str, settings: TenantSettings, locale: str, user: User, values: Mapping[str, Any]
    ) -> Letter:
        """One mail. Raises TypeError for values that break the contract."""
        if values.keys() != LETTERS[kind]:
            raise TypeError(f"mail {kind}: expected {sorted(LETTERS[kind])}, got {sorted(values)}")
        words, zone = self.pages.words(settings.theme, locale), ZoneInfo(settings.time_zone)
        told: dict[str, Any] = {
            name: words.moment(value, LONG_AGO, zone) if name in MOMENTS else value
            for name, value in values.items()
        }
        text, html = self.pages.letter(
            kind,
            settings=settings,
            locale=locale,
            name=user.display_name or user.login_name,
            username=user.login_name,
            account_url=settings.base_url.rstrip("/") + ACCOUNT,
            **told,
        )
        subject, _, body = text.partition("\n")
        return Letter(" ".join(subject.split()), body.strip() + "\n", html)
