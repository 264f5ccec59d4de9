"""Which of our addresses a request is for: bounded, whatever was asked for."""

from __future__ import annotations

from typing import Final

from aiohttp import hdrs, web

from idp.web.exchange import PREFIX

METHODS: Final = frozenset(hdrs.METH_ALL)
OTHER: Final = "other"


def route_of(request: web.Request) -> str:
    """The address as our tables have it, below the tenant's own path; nothing of what a stranger wrote there."""
    match = request.match_info
    resource = match.route.resource
    if match.http_exception is not None or resource is None:
        return OTHER
    return resource.canonical.removeprefix(match.apps[-1].get(PREFIX, ""))


def method_of(request: web.Request) -> str:
    """A stranger may invent one."""
    return request.method if request.method in METHODS else OTHER
