"""`sector_identifier_uri`: clients of several hosts prove that they belong together (OpenID Connect Core §8.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from idp.web.outbound import Outbound, OutboundError
from protocols.oidc.errors import RegistrationError

NAME = "sector_identifier_uri"


async def check(outbound: Outbound, metadata: Mapping[str, Any]) -> None:
    """The file there lists every redirect URI of the client (Registration 1.0 §5), else `RegistrationError`.

    Whoever holds that host answers for all of them; without this anybody could join a sector and compare users.
    """
    if NAME not in metadata:
        return
    try:
        answer = await outbound.get(metadata[NAME])
    except OutboundError as error:
        raise _refused(f"cannot be fetched: {error}") from None
    if answer.status != 200:
        raise _refused(f"cannot be fetched: it answered {answer.status}")
    try:
        listed = orjson.loads(answer.body)
    except ValueError:
        listed = None
    if not isinstance(listed, list):
        raise _refused("must lead to a JSON array of redirect URIs")
    if not all(uri in listed for uri in metadata["redirect_uris"]):
        raise _refused("must list every one of redirect_uris")


def _refused(said: str) -> RegistrationError:
    return RegistrationError("invalid_client_metadata", f"{NAME} {said}")
