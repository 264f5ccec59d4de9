"""A response on its way to the service: by a form, by an artifact, or to a client that is no browser."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web
from lxml import etree

from idp.visit import Visit
from protocols.saml import artifact, soap
from protocols.saml.entity import Entity, Party
from protocols.saml.names import ARTIFACT, ECP, PAOS, POST, SOAP_ENVELOPE, tag
from protocols.saml.sending import extend, post, redirect
from protocols.saml.xml import parse

NEXT: Final = "http://schemas.xmlsoap.org/soap/actor/next"  # whoever gets the envelope (SOAP 1.1 §4.2.2)


async def hand_over(
    request: web.Request, visit: Visit, here: Entity, party: Party, kept: Any, answer: bytes
) -> web.Response:
    """After the transaction in which it was decided: the answer, by the binding of where it is wanted."""
    binding = kept.get("binding", POST)
    if binding == ARTIFACT:
        return redirect(await _refer(visit, here, party, kept, answer))
    if binding == PAOS:
        return _to_client(kept["acs"], answer)
    return post(request, party, kept["acs"], answer, "SAMLResponse", kept.get("relay_state"))


async def _refer(visit: Visit, here: Entity, party: Party, kept: Any, answer: bytes) -> str:
    """Where the browser takes the artifact (saml-bindings-2.0 §3.6.3)."""
    query = {"SAMLart": await artifact.keep(visit.tx, here, party, answer, visit.now)}
    if kept.get("relay_state") is not None:
        query["RelayState"] = kept["relay_state"]
    return extend(kept["acs"], urlencode(query))


def _to_client(acs: str, answer: bytes) -> web.Response:
    """The client compares the address with what the service told it (saml-profiles-2.0 §4.2.4.2)."""
    header = etree.Element(tag(ECP, "Response"), nsmap={"ecp": ECP, "soap": SOAP_ENVELOPE})
    header.set(tag(SOAP_ENVELOPE, "mustUnderstand"), "1")
    header.set(tag(SOAP_ENVELOPE, "actor"), NEXT)
    header.set("AssertionConsumerServiceURL", acs)
    return soap.respond(soap.wrap(parse(answer, len(answer)), [header]))
