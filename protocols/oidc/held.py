"""A token that a client brings back: found whatever its kind, with all that it stands for."""

from __future__ import annotations

from collections.abc import Mapping

from keys.secret import Secret
from keys.token import hash_token
from protocols.oidc.errors import TokenError
from storage import Transaction
from storage.records import Grant, Token

KINDS = ("access", "refresh")


async def find(tx: Transaction, form: Mapping[str, str], now: int) -> tuple[Token, Grant] | None:
    """The live token of `token`, also a refresh token that was used. Raises `TokenError` if none was sent.

    `token_type_hint` says only where to look first (RFC 7009 §2.1, RFC 7662 §2.1).
    """
    first_refresh = form.get("token_type_hint") == "refresh_token"
    for kind in reversed(KINDS) if first_refresh else KINDS:
        found = await tx.tokens.find(presented(form), kind, now)
        if found is not None:
            return found
    return None


def presented(form: Mapping[str, str]) -> bytes:
    """Under what `token` is stored. Raises `TokenError`."""
    if "token" not in form:
        raise TokenError("invalid_request", "token is missing")
    return hash_token(Secret(form["token"]))
