"""Resource indicators: for which APIs a token is meant (RFC 8707)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from protocols.oidc.clients import Client
from protocols.oidc.errors import AuthorizationError, TokenError

FAULT = ("invalid_target", "resource is none that this client may ask for")


def registered(parameters: Mapping[str, str], client: Client) -> None:
    """A check of the authorization endpoint: every resource is one that the service may ask for (§2.1)."""
    if not asked(parameters) <= set(client.settings.resources):
        raise AuthorizationError(*FAULT)


def audience(form: Mapping[str, str], client: Client, request: Mapping[str, Any]) -> tuple[str, ...]:
    """The audience of an access token: of what was granted, or registered, as much as is asked for (§2.2).

    Raises `TokenError`. Without any resource it is empty: the token is for our own endpoints.
    """
    granted, wished = asked(request), asked(form)
    if not wished <= (granted or set(client.settings.resources)):
        raise TokenError(*FAULT)
    return tuple(sorted(wished or granted))


def asked(parameters: Mapping[str, Any]) -> set[str]:
    """The values of `resource`, which may come several times; `parameters.parse` joins them by spaces."""
    return set(parameters["resource"].split(" ")) - {""} if "resource" in parameters else set()
