"""The certificate that a client showed to the proxy in front of us (RFC 9440)."""

from __future__ import annotations

from aiohttp import web

from idp.web.address import is_trusted
from idp.web.exchange import CERTIFICATE_HEADER, TRUSTED
from keys.certificate import Certificate, InvalidCertificate


def client_certificate(request: web.Request) -> Certificate | None:
    """What the header that the administrator named says, if a trusted proxy speaks to us, and says it once.

    The proxy must take away what the client itself sent under that name (RFC 9440 §2.4): two are none.
    """
    header = request.app[CERTIFICATE_HEADER]
    if header is None or not is_trusted(request.remote, request.app[TRUSTED]):
        return None
    values = request.headers.getall(header, ())
    if len(values) != 1:
        return None
    try:
        return Certificate.from_header(values[0])
    except InvalidCertificate:
        return None
