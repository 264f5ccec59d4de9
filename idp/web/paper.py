"""Initial patterns on paper: one sheet for each user, as a page that a browser prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from idp.authenticators.matrix import Issued
from idp.config.tenant import TenantSettings
from idp.web.pages import Pages

LONG_AGO: Final = 0  # the day is always written: nobody knows when it is read


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one user gets."""

    name: str
    username: str
    issued: Issued


@dataclass(frozen=True, slots=True)
class _Printed:
    """The tenant, of which no addresses but the first are needed."""

    settings: TenantSettings
    prefix: str = ""


def write(pages: Pages, settings: TenantSettings, sheets: Sequence[Sheet]) -> bytes:
    """The page, in the tenant's theme and first language."""
    locale, zone = settings.locales[0], ZoneInfo(settings.time_zone)
    words = pages.words(settings.theme, locale)
    told = [
        {
            "name": sheet.name or sheet.username,
            "username": sheet.username,
            "grid": sheet.issued.grid,
            "blocks": sheet.issued.blocks,
            "cells": sheet.issued.cells.reveal(),
            "until": words.moment(sheet.issued.until, LONG_AGO, zone),
        }
        for sheet in sheets
    ]
    url = settings.base_url.rstrip("/") + "/"
    return pages.render("paper/patterns", tenant=_Printed(settings), locale=locale, sheets=told, url=url).body
