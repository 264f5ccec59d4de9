"""TLS for doors that are no web pages: a proxy in front cannot end it for them."""

from __future__ import annotations

import ssl
from pathlib import Path

from idp.config.server import RadSec


def context(settings: RadSec, folder: Path) -> ssl.SSLContext:
    """TLS 1.2 or newer, only for those who show a certificate of the authorities. Raises ValueError with words."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.verify_mode = ssl.CERT_REQUIRED
    try:
        made.load_cert_chain(folder / settings.certificate, folder / settings.key)
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"certificate: cannot be used with its key: {_reason(error)}") from None
    try:
        made.load_verify_locations(folder / settings.authorities)
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"authorities: cannot be used: {_reason(error)}") from None
    return made


def _reason(error: OSError) -> str:
    return (getattr(error, "reason", None) or error.strerror or type(error).__name__).lower()
