"""What account pages call a service, also one that is configured no longer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from idp.flow.conclusion import ACCOUNT, PORTAL
from idp.policy.conditions import CONSOLE
from idp.web import login
from idp.web.exchange import TENANT

OURS: Final = ("", PORTAL, ACCOUNT, CONSOLE)  # which stand in no file


def called(request: web.Request, service: str, names: Mapping[str, str] | None = None) -> str:
    """Its display name in the request's language; `names` are those of one that stands in no file."""
    if names or service in OURS or service in request[TENANT].services:
        return login.service_name(request, service, names or None)
    return service
