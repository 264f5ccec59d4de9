"""What we say of a user, and to whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import orjson

from idp import attributes
from protocols.oidc.errors import Malformed
from protocols.oidc.settings import OPENID, ServiceSettings, TenantSettings
from protocols.oidc.vocabulary import RESERVED
from storage.records import User

if TYPE_CHECKING:
    from protocols.oidc.clients import Client

TOLD = "told"  # in the request of a grant: the claims that the rule adds which let the user in
MEMBERS = ("userinfo", "id_token")  # OpenID Connect Core §5.5

# OpenID Connect Core §5.4
SCOPES: Mapping[str, tuple[str, ...]] = {
    "profile": (
        "name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile",
        "picture", "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at",
    ),
    "email": ("email", "email_verified"),
    "address": ("address",),
    "phone": ("phone_number", "phone_number_verified"),
}  # fmt: skip
TEXTS = frozenset(claim for claims in SCOPES.values() for claim in claims)


def by_scope(tenant: TenantSettings, service: ServiceSettings) -> dict[str, tuple[str, ...]]:
    """The scopes that this service may ask for, each with its claims; `openid` carries the service's own."""
    known = {**SCOPES, **tenant.scopes, OPENID: ("sub", *service.claims)}
    return {scope: known.get(scope, ()) for scope in service.scopes}


def of_user(user: User, client: Client) -> dict[str, Any]:
    """Every claim about the user that this client may have at all; what it asked for is chosen from these."""
    known = attributes.of(user)
    for claim, attribute in client.settings.claims.items():
        known[claim] = known.get(attribute)
    allowed = {claim for claims in client.scopes.values() for claim in claims}
    typed = {
        claim: as_standard(claim, value)
        for claim, value in known.items()
        if claim in allowed or ("#" in claim and claim.partition("#")[0] in allowed)
    }
    return {claim: value for claim, value in typed.items() if value is not None and claim not in RESERVED}


def as_standard(claim: str, value: Any) -> Any:
    """The value in the type that OpenID Connect Core §5.1 gives the claim; None if it has none of that type.

    A service may map any attribute to any claim.
    """
    if claim in ("email_verified", "phone_number_verified"):
        return {"true": True, "false": False}.get(str(value).lower())
    if claim == "updated_at":
        return int(value) if str(value).isdecimal() else None
    if claim == "address":
        return {"formatted": value} if isinstance(value, str) else value if isinstance(value, dict) else None
    if claim in TEXTS:
        return value if isinstance(value, str) and value else None
    return value


def parse_request(text: str) -> dict[str, dict[str, Any]]:
    """The `claims` parameter: for each member the claims wished, null or an object. Raises `Malformed`."""
    try:
        asked = orjson.loads(text)
        orjson.dumps([[asked]])  # as it is going to be stored: that allows for less depth than reading does
    except (ValueError, TypeError):
        raise Malformed("claims is not JSON") from None
    if not isinstance(asked, dict):
        raise Malformed("claims is not a JSON object")
    wished = {member: asked[member] for member in MEMBERS if asked.get(member) is not None}
    for claims in wished.values():
        wishes = claims.values() if isinstance(claims, dict) else (claims,)
        if not all(wish is None or _is_wish(wish) for wish in wishes):
            raise Malformed("a member of claims is not as OpenID Connect Core §5.5.1 has it")
    return wished


def _is_wish(wish: Any) -> bool:
    return (
        isinstance(wish, dict)
        and isinstance(wish.get("values", []), list)
        and isinstance(wish.get("essential", False), bool)
    )


def fits(value: Any, wish: Mapping[str, Any] | None) -> bool:
    """Whether the claim has the value that was asked for, if one was (Core §5.5.1)."""
    wish = wish or {}
    wanted = wish["values"] if "values" in wish else [wish["value"]] if "value" in wish else None
    return wanted is None or value in wanted


def is_wished_subject(request: Mapping[str, Any], subject: str) -> bool:
    """Whether the client wants to hear of this user, by `id_token_hint` and `claims` (Core §3.1.2.1, §5.5.1)."""
    claims = request.get("claims") or {}
    wishes = [(claims.get(member) or {}).get("sub") for member in MEMBERS]
    return request.get("subject", subject) == subject and all(fits(subject, wish) for wish in wishes)
