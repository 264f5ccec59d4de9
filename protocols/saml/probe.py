"""A login on schedule at this door: a request by Redirect, up to an assertion that a key of our metadata has signed."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from idp.probe import Broken
from idp.probe.trial import Trial
from idp.web.browser import Shown, fetch, session, sign_in
from protocols.saml.entity import DOOR, METADATA, Party, entity_id
from protocols.saml.envelope import new_message, only, status_of, text
from protocols.saml.errors import Refused
from protocols.saml.instant import read
from protocols.saml.metadata.acceptance import in_force
from protocols.saml.names import ASSERTION, DS, POST, REDIRECT, SUCCESS, tag
from protocols.saml.names import METADATA as MD
from protocols.saml.sending import extend, packed
from protocols.saml.settings import TenantSettings
from protocols.saml.signature import SIGNATURE, BadSignature, verify
from protocols.saml.xml import Element, Unreadable, parse, serialize

ANSWER: Final = "SAMLResponse"
AHEAD_SECONDS: Final = 60  # by which our clock may be before that of the node that answered


async def probe(trial: Trial) -> None:
    """With the checks of saml-profiles-2.0 §4.1.4.3; of what is encrypted for the service, those of the envelope.

    Raises `Broken`.
    """
    trial.at("the service's metadata")
    party, consumer = await _party(trial)
    section = getattr(trial.tenant.settings, DOOR, None) or {}
    issuer = entity_id(TenantSettings.model_validate(section), trial.base_url)
    try:
        trial.at("metadata")
        sso, certificates = await _published(trial, issuer)
        request = new_message("AuthnRequest", party.metadata.entity_id, trial.clock(), sso)
        request.set("AssertionConsumerServiceURL", consumer)
        request.set("ProtocolBinding", POST)
        url = extend(sso, packed(serialize(request), "SAMLRequest"))
        shown = await sign_in(trial, url, lambda shown: _handed(shown) is not None)
        trial.at("assertion")
        action, response = _handed(shown) or ("", "")
        if action != consumer:
            raise Broken("the answer goes to another address than the request said")
        root = parse(base64.b64decode(response, validate=True))
        assertion = _believed(root, certificates, request.get("ID", ""), consumer)
        if assertion is not None:
            _check(assertion, issuer, party.metadata.entity_id, trial.clock())
    except (Refused, BadSignature, Unreadable, binascii.Error) as error:
        raise Broken(getattr(error, "words", "") or str(error)) from None


async def _party(trial: Trial) -> tuple[Party, str]:
    """The service as it is known to the server, and where it takes answers that a browser posts."""
    async with trial.snapshot() as tx:
        found = await tx.service_metadata.find(trial.service)
    if found is None or not found.document:
        raise Broken(f"is not there, idp saml metadata refresh {trial.service} says why")
    party = Party(trial.service, trial.settings, in_force(found))
    consumer = party.default_of([each for each in party.consumers if each.binding == POST])
    if consumer is None:
        raise Broken("has no address by POST, give the probe a service of its own")
    if party.metadata.authn_requests_signed or party.settings.require_signed_requests:
        raise Broken("wants requests signed by a key that only it has, give the probe a service of its own")
    return party, consumer.location


async def _published(trial: Trial, issuer: str) -> tuple[str, list[bytes]]:
    """Of our own metadata, as every service reads it: where requests go, and the certificates that sign (DER)."""
    async with session(trial.seconds) as http:
        answer, body = await fetch(http, "GET", trial.base_url + METADATA)
    if answer.status != 200:
        raise Broken(f"the answer has status {answer.status}")
    root = parse(body)
    signing = f"*/{tag(MD, 'KeyDescriptor')}[@use='signing']//{tag(DS, 'X509Certificate')}"
    certificates = [base64.b64decode(each.text or "") for each in root.iterfind(signing)]
    root = verify(root, certificates)
    if root.get("entityID") != issuer:
        raise Broken("they are another entity's")
    for each in root.iterfind(f"*/{tag(MD, 'SingleSignOnService')}[@Binding='{REDIRECT}']"):
        return each.get("Location", ""), certificates
    raise Broken("they name no address for requests by Redirect")


def _handed(shown: Shown) -> tuple[str, str] | None:
    """Where the page's form would post an answer, and the answer."""
    form = shown.page.form_with(ANSWER)
    return (form.action, form.fields[ANSWER]) if form else None


def _believed(root: Element, certificates: list[bytes], asked: str, recipient: str) -> Element | None:
    """The signed assertion; None where the service alone can open it, and the response is signed around it."""
    is_signed = root.find(SIGNATURE) is not None
    response = verify(root, certificates) if is_signed else root
    code, detail = status_of(response)
    if code != SUCCESS:
        raise Broken(f"the answer says {(detail or code).rpartition(':')[2]}")
    if (response.get("InResponseTo"), response.get("Destination")) != (asked, recipient):
        raise Broken("the answer is to another request, or for another address")
    if is_signed and response.find(tag(ASSERTION, "EncryptedAssertion")) is not None:
        return None
    assertion = parse(serialize(only(response, ASSERTION, "Assertion")))
    if assertion.find(SIGNATURE) is not None:
        assertion = verify(assertion, certificates)
    elif not is_signed:
        raise Broken("neither the response nor the assertion is signed")
    return assertion


def _check(assertion: Element, issuer: str, audience: str, now: int) -> None:
    conditions = only(assertion, ASSERTION, "Conditions")
    restriction = only(conditions, ASSERTION, "AudienceRestriction")
    begins, ends = (read(conditions.get(name, "")) or 0 for name in ("NotBefore", "NotOnOrAfter"))
    if text(only(assertion, ASSERTION, "Issuer")) != issuer:
        raise Broken("the assertion is another entity's")
    if text(only(restriction, ASSERTION, "Audience")) != audience:
        raise Broken("the assertion is for another service")
    if not begins - AHEAD_SECONDS <= now < ends:
        raise Broken("the assertion has expired, or is from the future")
