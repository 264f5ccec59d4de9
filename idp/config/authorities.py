"""A file of certificates, as a setting names it: who may have signed a server's certificate."""

from __future__ import annotations

import ssl

from pydantic import ValidationInfo

from idp.config.secrets import SecretReading


def authorities(value: str, info: ValidationInfo) -> str:
    """The absolute path of a file of certificates; a relative one begins at the configuration folder."""
    reading = info.context if isinstance(info.context, SecretReading) else SecretReading()
    file = reading.find(value).resolve()
    try:
        ssl.create_default_context(cadata=file.read_text())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no certificates in PEM form"
        raise ValueError(f"cannot read {file}: {reason.lower()}") from None
    return str(file)
