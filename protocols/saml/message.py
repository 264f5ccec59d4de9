"""What messages say, without the XML."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.saml.attributes import Attribute
from protocols.saml.name_id import NameID
from storage.quick import quick


@quick
@dataclass(frozen=True, slots=True)
class AuthnRequest:
    """What a service asks (saml-core-2.0 §3.4.1); nothing in it is believed yet but who may have sent it."""

    id: str
    version: str
    issue_instant: str
    issuer: str
    destination: str | None = None
    acs_url: str | None = None
    acs_index: str | None = None
    protocol_binding: str | None = None
    force_authn: bool = False
    is_passive: bool = False
    name_id_format: str | None = None
    sp_name_qualifier: str | None = None
    allow_create: bool = True
    comparison: str = "exact"
    context_classes: tuple[str, ...] = ()
    has_declarations: bool = False  # contexts named by declaration, which nobody uses
    subject: NameID | None = None
    has_subject: bool = False


@quick
@dataclass(frozen=True, slots=True)
class Statement:
    """Everything that an assertion says. Times are epoch seconds."""

    id: str
    issuer: str
    audience: str
    recipient: str
    in_response_to: str | None
    name_id: NameID
    attributes: tuple[Attribute, ...]
    context_class: str
    session_index: str
    issued_at: int
    begins_at: int
    ends_at: int
    authenticated_at: int
    session_ends_at: int
