"""What an administrator says about SAML: of one service, and of the tenant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from idp.config.document import KeyPath
from keys.xml_encryption import AES128_GCM, AES256_GCM
from keys.xml_signature import ECDSA_SHA256, RSA_SHA256
from protocols.saml.attribute_settings import ID, Rule, Text
from protocols.saml.metadata.settings import ServiceMetadata, TenantMetadata
from protocols.saml.names import EMAIL, PERSISTENT, TRANSIENT, UNSPECIFIED

NAME_IDS: Final = {
    "persistent": PERSISTENT,
    "transient": TRANSIENT,
    "emailAddress": EMAIL,
    "unspecified": UNSPECIFIED,
}
SIGNATURES: Final = {"RSA-SHA256": RSA_SHA256, "ECDSA-SHA256": ECDSA_SHA256}
ENCRYPTIONS: Final = {"AES256-GCM": AES256_GCM, "AES128-GCM": AES128_GCM}
RELAY_STATE_LENGTH: Final = 2000


def _uri(value: str) -> str:
    if not re.fullmatch(r"[\x21-\x7e]{1,1024}", value) or ":" not in value:
        raise ValueError("must be a URI, for example https://login.example.com/saml/metadata")
    return value


EntityID = Annotated[str, AfterValidator(_uri)]  # saml-core-2.0 §8.3.6: at most 1024 characters


class ServiceSettings(ServiceMetadata):
    """The `saml` section of a service: one service provider. What its metadata says is not repeated here."""

    # By what name the service knows a user: derived for it alone, new for each login, his address, or his name.
    name_id: Literal["persistent", "transient", "emailAddress", "unspecified"] = "persistent"
    name_id_attribute: Text | None = None  # instead of the derived name, the address, or the user name
    attributes: dict[Text, Rule] = Field(default_factory=dict)
    sign: Annotated[tuple[Literal["response", "assertion"], ...], Field(min_length=1)] = (
        "response",
        "assertion",
    )
    signature_algorithm: Literal["RSA-SHA256", "ECDSA-SHA256"] = "RSA-SHA256"
    encrypt: bool = False  # the assertion, for the certificate of the metadata; without one nothing is sent
    encrypt_name_id: bool = False
    encryption_algorithm: Literal["AES256-GCM", "AES128-GCM"] = "AES256-GCM"
    require_signed_requests: bool = False  # also where its metadata does not say that it signs
    allow_sha1: bool = False  # its requests may be signed in a way that can be forged
    acs: Text | None = (
        None  # of several in the metadata, where answers go unless a request says; None: its default
    )
    idp_initiated: bool = False  # a tile of the portal, and a login that the service did not ask for
    ecp: bool = False  # logins by programs that send user name and secret at once, over HTTP Basic
    relay_state: Annotated[Text, Field(max_length=RELAY_STATE_LENGTH)] | None = None  # sent with that login
    session_seconds: Annotated[int, Field(ge=60, le=31_536_000)] | None = None  # None: as long as ours
    assertion_seconds: Annotated[int, Field(ge=30, le=3600)] = 300  # how long an assertion may be used
    request_seconds: Annotated[int, Field(ge=30, le=3600)] = 300  # how old a request may be
    skew_seconds: Annotated[int, Field(ge=0, le=600)] = 60  # by how much its clock may be wrong

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.relay_state is not None and not self.idp_initiated:
            raise ValueError("relay_state: is for idp_initiated: true")
        if self.name_id == "transient" and self.name_id_attribute is not None:
            raise ValueError("name_id_attribute: a transient name is new for each login")
        return self

    def attributes_used(self) -> Iterator[tuple[KeyPath, str]]:
        """What it uses, each with where that stands."""
        for name, rule in self.attributes.items():
            yield from ((("attributes", name), used) for used in rule.used())
        if self.name_id_attribute not in (None, ID):
            yield ("name_id_attribute",), self.name_id_attribute

    def warnings(self) -> dict[str, str]:
        """What an administrator should not forget, by setting."""
        if not self.allow_sha1:
            return {}
        return {
            "allow_sha1": "allow_sha1: requests signed with SHA-1 can be forged, have the service changed"
        }


class TenantSettings(TenantMetadata):
    """The `saml` section of a tenant."""

    entity_id: EntityID | None = (
        None  # None: the address of the metadata; another, to take over from an older server
    )
    contact: Text | None = None  # an e-mail address for administrators of services, in the metadata
    # Authentication context class → the acr that it stands for, besides the usual ones.
    authn_contexts: dict[EntityID, Text] = Field(default_factory=dict)
