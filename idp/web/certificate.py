"""The certificate that a client showed: to us, or to the proxy in front of us (RFC 9440)."""

from __future__ import annotations

from aiohttp import web

from idp.web.address import is_trusted
from idp.web.exchange import CERTIFICATE_HEADER, TRUSTED
from keys.certificate import Certificate, InvalidCertificate


def client_certificate(request: web.Request) -> Certificate | None:
    """What the header that the administrator named says, if a trusted proxy speaks to us, and says it once; what TLS
    says, if anybody else does.

    The proxy must take away what the client itself sent under that name (RFC 9440 §2.4): two are none. Its own
    certificate is nobody's for whom it speaks.
    """
    if not is_trusted(request.remote, request.app[TRUSTED]):
        return _of_peer(request)
    header = request.app[CERTIFICATE_HEADER]
    if header is None:
        return None
    values = request.headers.getall(header, ())
    if len(values) != 1:
        return None
    try:
        return Certificate.from_header(values[0])
    except InvalidCertificate:
        return None


def _of_peer(request: web.Request) -> Certificate | None:
    tls = request.get_extra_info("ssl_object")
    shown = tls.getpeercert(binary_form=True) if tls is not None else None
    if not shown:
        return None
    try:
        return Certificate.from_peer(shown)
    except InvalidCertificate:
        return None
