"""The public keys that a service registers: in its own file, or in one beside it."""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from idp.config.secrets import SecretReading
from protocols.oidc import foreign

MAXIMUM_BYTES = 256 * 1024


def _read(value: Any, info: ValidationInfo) -> Any:
    """`{file: PATH}` becomes the JWK set that lies there; a relative path begins at the configuration folder.

    Only where an administrator's configuration is read: whoever registers himself names no file of ours.
    """
    reading = info.context
    if not isinstance(reading, SecretReading) or not isinstance(value, dict) or value.keys() != {"file"}:
        return value
    path = reading.find(str(value["file"]))
    try:
        with path.open("rb") as file:
            return json.loads(file.read(MAXIMUM_BYTES))
    except OSError as error:
        raise ValueError(f"cannot read {path}: {(error.strerror or '').lower()}") from None
    except (ValueError, RecursionError):
        raise ValueError(f"{path} is no JSON") from None


def _public(jwks: dict[str, Any]) -> dict[str, Any]:
    foreign.Keys(jwks)
    return jwks


PublicKeys = Annotated[dict[str, Any], BeforeValidator(_read), AfterValidator(_public)]
