"""What a service is told of a login, before it is XML: the same for a login that took place and for a preview."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from idp.outcome import Authentication
from protocols.saml import authn_context
from protocols.saml.assertion import new_identifier
from protocols.saml.attributes import Attribute, added, release
from protocols.saml.entity import Party
from protocols.saml.message import Statement
from protocols.saml.name_id import NameID


@dataclass(frozen=True, slots=True)
class Teller:
    """Who says it: our entity ID, and the acr of each authentication context class."""

    issuer: str
    contexts: Mapping[str, str]


def _released(party: Party, authentication: Authentication) -> Iterator[Attribute]:
    """Those of the service's own rules, but for what the rule says that let the user in."""
    for each in release(authentication.user, party.settings.attributes):
        if each.name not in authentication.claims:
            yield each


def state(
    teller: Teller,
    party: Party,
    authentication: Authentication,
    named: NameID,
    session_index: str,
    kept: Mapping[str, Any],
    now: int,
) -> Statement:
    """`kept` is what of the request is kept; it names the consumer. Raises `SAMLError` for a context not reached."""
    settings = party.settings
    asked = kept.get("classes", ())
    context = authn_context.told(authentication.acr, teller.contexts, kept.get("comparison", "exact"), asked)
    bound = now + settings.session_seconds if settings.session_seconds else authentication.expires_at
    return Statement(
        id=new_identifier(),
        issuer=teller.issuer,
        audience=party.metadata.entity_id,
        recipient=kept["acs"],
        in_response_to=kept.get("id"),
        name_id=named,
        attributes=(*_released(party, authentication), *added(authentication.claims)),
        context_class=context,
        session_index=session_index,
        issued_at=now,
        begins_at=now - settings.skew_seconds,
        ends_at=now + settings.assertion_seconds,
        authenticated_at=authentication.auth_time,
        session_ends_at=min(bound, authentication.expires_at),
    )
