"""A mail with made-up content: to look at before anybody gets one."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any, Final

from idp.config.tenant import TenantSettings
from idp.mail.message import Writer, build
from storage.mails import Mail
from storage.records import User

AT: Final = 1_795_686_120  # an evening in November 2026
USER: Final = User("specimen", "alice", AT, display_name="Alice", email="alice@example.com")
VALUES: Final[Mapping[str, Mapping[str, Any]]] = {
    "welcome": {
        "grid": ["*8** 2*** ***5", "**** *6** ****", "1*** **** **3*", "**4* **** 7***"],
        "cells": "A3 E1 K3 C4 L1 F2 I4 B1",
        "until": AT + 7 * 86400,
        "url": "https://login.example.com/",
    },
    "changed": {
        "what": "pattern",
        "at": AT,
        "address": "192.0.2.44",
    },
    "browser": {"at": AT, "address": "192.0.2.44", "agent": "Firefox, Windows"},
    "activation": {"url": "https://login.example.com/activate?code=an-example", "until": AT + 7 * 86400},
    "locked": {"until": AT + 1800},
    "reset": {"url": "https://login.example.com/forgotten/new?token=an-example", "until": AT + 1800},
}
SENDER: Final = "idp@example.com"


def specimen(writer: Writer, kind: str, settings: TenantSettings, locale: str) -> EmailMessage:
    """One mail of that kind, from the tenant's sender or, where there is none yet, from a made-up one."""
    if settings.mail.sender is None:
        settings = settings.model_copy(update={"mail": settings.mail.model_copy(update={"sender": SENDER})})
    mail = Mail("specimen", kind, USER.id, locale, b"", AT, AT, AT, AT)
    return build(settings, mail, USER, writer.write(kind, settings, locale, USER, VALUES[kind]))
