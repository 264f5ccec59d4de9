"""A client proves itself by its certificate, which the proxy in front of us has seen (RFC 8705 §2)."""

from __future__ import annotations

import dataclasses

from aiohttp import web

from idp.web.certificate import client_certificate
from idp.web.exchange import NOW
from keys.certificate import Certificate, subject
from protocols.oidc.certificate_settings import ALTERNATIVES, PKI
from protocols.oidc.clients import Client
from protocols.oidc.issuer import Issuer


async def is_proven(request: web.Request, here: Issuer, client: Client) -> bool:
    """Whether the request came with the certificate that the client registered."""
    certificate = client_certificate(request)
    if certificate is None:
        return False
    if client.settings.token_endpoint_auth_method == PKI:
        return _is_known(certificate, client, request[NOW])
    return await _is_own(certificate, here, client, request[NOW])


def bound(request: web.Request, client: Client) -> Client:
    """The client with the certificate to which its tokens are bound, if it wants that and showed one (§3)."""
    if not client.settings.tls_client_certificate_bound_access_tokens:
        return client
    return dataclasses.replace(client, x5t=thumbprint(request))


def thumbprint(request: web.Request) -> str:
    """Of the certificate that came with the request, empty if none did."""
    certificate = client_certificate(request)
    return certificate.thumbprint if certificate else ""


def _is_known(certificate: Certificate, client: Client, now: int) -> bool:
    """One of its authorities issued it, and it has the one name that was registered (§2.1)."""
    settings = client.settings
    if settings.tls_client_auth_ca is None or not certificate.is_valid(now):
        return False
    if not certificate.is_issued_by(settings.tls_client_auth_ca):
        return False
    if settings.tls_client_auth_subject_dn is not None:
        return certificate.has_subject(subject(settings.tls_client_auth_subject_dn))
    return any(
        certificate.has_alternative(kind, wanted)
        for setting, kind in ALTERNATIVES.items()
        if (wanted := getattr(settings, setting)) is not None
    )


async def _is_own(certificate: Certificate, here: Issuer, client: Client, now: int) -> bool:
    """Its key is one of those that the client registered; who signed it, and when, says nothing (§2.2)."""
    for is_unknown in (False, True):
        client = await here.client_keys.equip(client, now, anew=is_unknown)
        if client.keys is not None and client.keys.holds(certificate.public_key):
            return True
    return False
