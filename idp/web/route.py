"""Which of our addresses a request is for: bounded, whatever was asked for."""

from __future__ import annotations

from typing import Final

from aiohttp import hdrs, web

from idp.web.exchange import PREFIX

METHODS: Final = frozenset(hdrs.METH_ALL)
OTHER: Final = "other"


class Routes:
    """Those of one configuration, each worked out once."""

    def __init__(self) -> None:
        self._known: dict[web.AbstractResource, str] = {}

    def of(self, request: web.Request) -> str:
        """The address as our tables have it, below the tenant's own path; nothing of what a stranger wrote there."""
        match = request.match_info
        resource = match.route.resource
        if resource is None:  # of what is not found, or not by that method
            return OTHER
        route = self._known.get(resource)
        if route is None:
            prefix = match.apps[-1].get(PREFIX, "")
            route = self._known[resource] = resource.canonical.removeprefix(prefix) or "/"
        return route


def method_of(request: web.Request) -> str:
    """A stranger may invent one."""
    return request.method if request.method in METHODS else OTHER
