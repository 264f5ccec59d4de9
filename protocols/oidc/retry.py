"""An honest retry of a refresh: the answer was lost on the network, so it is given again.

A refresh token that comes twice is a theft, unless its holder never heard the first answer (RFC 9700 §4.14.2
leaves room for that). For a few seconds the very same answer is given to the same client for the same request,
and nothing new is issued, until the refresh token in it has been used: then its holder has heard it. So a thief
who is as quick as that gets no family of his own; at the next refresh one of the two comes second, and both lose.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from idp.visit import Visit
from keys.seal import Unsealable, Vault
from keys.secret import Secret
from keys.token import hash_token
from protocols.oidc.clients import Client
from storage.presented import RetryAnswer

TABLE: Final = "retry_answers"

Form = Mapping[str, str]


async def keep(visiting: Visit, client: Client, form: Form, jkt: str, answer: Mapping[str, Any]) -> None:
    """Remember the answer to a refresh, sealed for this request alone."""
    if not client.refresh_grace_seconds or "refresh_token" not in answer:
        return
    presented = _presented(form)
    sealed = visiting.tenant.vault.seal(orjson.dumps(answer), *_context(client, form, jkt))
    await visiting.tx.retry_answers.add(
        RetryAnswer(
            token_hash=presented,
            successor_hash=hash_token(Secret(answer["refresh_token"])),
            sealed=sealed,
            expires_at=visiting.now + client.refresh_grace_seconds,
        )
    )


async def recall(visiting: Visit, client: Client, form: Form, jkt: str) -> dict[str, Any] | None:
    """The answer to the same request by the same client a moment ago; None for anything else."""
    kept = await visiting.tx.retry_answers.find(_presented(form), visiting.now)
    return _open(visiting.tenant.vault, kept.sealed, _context(client, form, jkt)) if kept else None


def _open(vault: Vault, sealed: bytes, context: tuple[str, ...]) -> dict[str, Any] | None:
    try:
        answer: dict[str, Any] = orjson.loads(vault.open(sealed, *context))
    except Unsealable:  # for example because another scope is asked for
        return None
    return answer


def _context(client: Client, form: Form, jkt: str) -> tuple[str, ...]:
    wished = form.get("scope", ""), form.get("resource", "")
    return TABLE, _presented(form).hex(), client.id, *wished, jkt, client.x5t


def _presented(form: Form) -> bytes:
    return hash_token(Secret(form["refresh_token"]))
