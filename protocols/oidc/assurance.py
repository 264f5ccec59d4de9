"""Which `acr` a client is told, of those it wished for (OpenID Connect Core §5.5.1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from idp.assurance import MULTI, SINGLE
from protocols.oidc.errors import AuthorizationError


def told(achieved: str, request: Mapping[str, Any]) -> str:
    """What was achieved, or what it contains and the client asked for.

    The rules decide what users prove; a wish does not change them. Raises `AuthorizationError` for one that is
    essential and was not met (OpenID Connect Core Unmet Authentication Requirements 1.0).
    """
    claims = request.get("claims") or {}
    wish = (claims.get("id_token") or {}).get("acr") or {}
    wanted = wish.get("values") or ([wish["value"]] if "value" in wish else [])
    if not wanted:
        wanted, wish = request.get("acr_values", "").split(), {}
    for acr in wanted:
        if acr == achieved or (acr, achieved) == (SINGLE, MULTI):
            return str(acr)
    if wanted and wish.get("essential") is True:
        raise AuthorizationError("unmet_authentication_requirements", "the acr asked for was not reached")
    return achieved
