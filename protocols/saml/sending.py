"""Messages of ours on their way through the browser: in the address, or in a form (saml-bindings-2.0 §3.4, §3.5)."""

from __future__ import annotations

import base64
import zlib
from typing import Final
from urllib.parse import quote

from aiohttp import web

from idp.custody.certification import CertifiedRing
from idp.web.login import service_name
from idp.web.respond import page
from keys.certified_key import CertifiedKey
from protocols.saml.entity import Party
from protocols.saml.names import POST, REDIRECT
from protocols.saml.service_provider import Endpoint
from protocols.saml.settings import SIGNATURES
from protocols.saml.signature import sign
from protocols.saml.xml import Element, serialize

AFTER_ISSUER: Final = 1  # where the schema wants a signature
# Chromium holds form-action against redirects too, and services send the browser on to other hosts of theirs.
ONWARD: Final = "https:"


def front_endpoint(party: Party, preferred: str = REDIRECT) -> Endpoint | None:
    """Where the browser takes logout messages to the service; by the other binding where it has no such one."""
    fitting = [each for each in party.metadata.single_logout_services if each.binding in (REDIRECT, POST)]
    liked = [each for each in fitting if each.binding == preferred]
    return next(iter((*liked, *fitting)), None)


def signer(party: Party, ring: CertifiedRing) -> CertifiedKey:
    """The key by which the service knows us."""
    return ring.signer(SIGNATURES[party.settings.signature_algorithm])


def send(
    request: web.Request,
    party: Party,
    ring: CertifiedRing,
    binding: str,
    message: Element,
    name: str,
    relay_state: str | None,
) -> web.Response:
    """The message, signed, to its Destination, under `name` (SAMLRequest, SAMLResponse)."""
    key, destination = signer(party, ring), message.get("Destination", "")
    if binding == REDIRECT:
        return redirect(_signed_address(key, destination, serialize(message), name, relay_state))
    sign(message, key, AFTER_ISSUER)
    return post(request, party, destination, serialize(message), name, relay_state)


def redirect(address: str) -> web.Response:
    """To a service: it is not told from which page of ours."""
    headers = {"Location": address, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return web.Response(status=303, headers=headers)


def post(
    request: web.Request, party: Party, action: str, message: bytes, name: str, relay_state: str | None
) -> web.Response:
    """The page whose one form goes to the service (§3.5.4); a button does where no script runs."""
    fields = [(name, base64.b64encode(message).decode())]
    if relay_state is not None:
        fields.append(("RelayState", relay_state))
    posting = page(
        request,
        "handover/post",
        destinations=(action, ONWARD),
        action=action,
        fields=fields,
        service=service_name(request, party.service),
    )
    posting.headers["Referrer-Policy"] = "no-referrer"
    return posting


def extend(address: str, query: str) -> str:
    """An address of a service with more parameters."""
    return f"{address}{'&' if '?' in address else '?'}{query}"


def packed(message: bytes, name: str) -> str:
    """The parameter of the Redirect binding that carries it (§3.4.4.1)."""
    engine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    deflated = engine.compress(message) + engine.flush()
    return f"{name}={_escape(base64.b64encode(deflated).decode())}"


def _signed_address(
    key: CertifiedKey, destination: str, message: bytes, name: str, relay_state: str | None
) -> str:
    """The signature covers the very characters that are sent, in this order (§3.4.4.1)."""
    query = packed(message, name)
    if relay_state is not None:
        query += f"&RelayState={_escape(relay_state)}"
    query += f"&SigAlg={_escape(key.method)}"
    signature = base64.b64encode(key.sign(query.encode())).decode()
    return extend(destination, f"{query}&Signature={_escape(signature)}")


def _escape(value: str) -> str:
    return quote(value, safe="")
