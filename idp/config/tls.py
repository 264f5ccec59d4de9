"""TLS that we end ourselves: for our pages where no proxy does, and for doors that are no web pages."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final

from idp.config.server import RadSec, Tls
from keys.certificate import Authorities

# Dates are judged by who knows whose certificate it is, and says so on a page: OpenSSL would end the connection
# without a word (X509_V_FLAG_NO_CHECK_TIME, which the module has no name for).
_NO_CHECK_TIME: Final = ssl.VerifyFlags(0x200000)


def context(settings: RadSec, folder: Path) -> ssl.SSLContext:
    """TLS 1.2 or newer, only for those who show a certificate of the authorities. Raises ValueError with words."""
    made = _identified(settings, folder)
    made.verify_mode = ssl.CERT_REQUIRED
    try:
        made.load_verify_locations(folder / settings.authorities)
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"authorities: cannot be used: {_reason(error)}") from None
    return made


def of_pages(settings: Tls, folder: Path) -> ssl.SSLContext:
    """TLS 1.2 or newer for anybody; who has a certificate is asked for it where that is wanted. Raises ValueError
    with words.
    """
    made = _identified(settings, folder)
    made.set_alpn_protocols(["http/1.1"])
    if settings.client_certificates:
        made.verify_mode = ssl.CERT_OPTIONAL
        # An authority that is named is believed, whoever stands above it.
        made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
    return made


def believe(made: ssl.SSLContext, authorities: Authorities) -> None:
    """Let certificates of these pass the handshake, from the next connection on; what they prove is seen later."""
    if authorities.certificates:
        made.load_verify_locations(cadata=authorities.pem)


def _identified(settings: RadSec | Tls, folder: Path) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        made.load_cert_chain(folder / settings.certificate, folder / settings.key)
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"certificate: cannot be used with its key: {_reason(error)}") from None
    return made


def _reason(error: OSError) -> str:
    return (getattr(error, "reason", None) or error.strerror or type(error).__name__).lower()
