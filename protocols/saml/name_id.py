"""By what name a service knows a user (saml-core-2.0 §8.3)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Final

import orjson

from keys import base64url
from protocols.saml.attributes import known, texts
from protocols.saml.errors import SAMLError
from protocols.saml.names import (
    EMAIL,
    INVALID_NAME_ID_POLICY,
    PERSISTENT,
    REQUESTER,
    RESPONDER,
    TRANSIENT,
    UNKNOWN_PRINCIPAL,
    UNSPECIFIED,
)
from protocols.saml.settings import NAME_IDS, ServiceSettings
from storage import Transaction
from storage.records import User

KEY: Final = "saml persistent names"  # the purpose of the tenant's key
# They tell nothing of a user, so any service may ask for them; others need the administrator's word.
OPAQUE: Final = frozenset((PERSISTENT, TRANSIENT))


@dataclass(frozen=True, slots=True)
class NameID:
    """As it stands in an assertion, and in what is later said of the session."""

    value: str
    format: str
    name_qualifier: str | None = None
    sp_name_qualifier: str | None = None
    is_first: bool = False  # the service was told none for this user before


def choose_format(settings: ServiceSettings, asked: str | None) -> str:
    """The format to answer with. Raises `SAMLError` for one that this service is not given."""
    own = NAME_IDS[settings.name_id]
    if asked in (None, UNSPECIFIED, own):
        return own
    if asked in OPAQUE:
        return asked
    raise SAMLError(
        REQUESTER,
        INVALID_NAME_ID_POLICY,
        f"this service is given names of the format {settings.name_id} only",
    )


@dataclass(frozen=True, slots=True)
class Naming:
    """Between whom a name is good."""

    key: bytes = field(repr=False)  # of the tenant, for `KEY`
    issuer: str
    service: str
    entity_id: str

    def derive(self, user_id: str, revision: int) -> str:
        """The same for ever, and no two services can compare theirs: HMAC-SHA256 under a key of the tenant.

        A new revision gives a new name; the old one leads to nobody any more.
        """
        message = orjson.dumps((self.service, user_id, revision))
        return base64url.encode(hmac.digest(self.key, message, hashlib.sha256)).decode()


async def name(
    tx: Transaction,
    user: User,
    settings: ServiceSettings,
    naming: Naming,
    chosen: str,
    *,
    may_create: bool = True,
) -> NameID:
    """The user's name in the chosen format. Raises `SAMLError` where the user has none of that kind.

    Without `may_create` also where the service was not told a persistent one before: derived as it is, to the service
    it is made by being told (saml-core-2.0 §3.4.1.1). Whoever tells it writes down that the first was.
    """
    if chosen == TRANSIENT:
        return NameID(f"_{secrets.token_hex(16)}", TRANSIENT, naming.issuer, naming.entity_id)
    attribute = settings.name_id_attribute if chosen == NAME_IDS[settings.name_id] else None
    if chosen == PERSISTENT and attribute is None:
        revision = await tx.name_revisions.find(user.id, naming.service)
        if revision is None and not may_create:
            raise SAMLError(
                REQUESTER, INVALID_NAME_ID_POLICY, "no name was made of this user yet, and none is to be"
            )
        derived = naming.derive(user.id, revision or 0)
        return NameID(derived, PERSISTENT, naming.issuer, naming.entity_id, is_first=revision is None)
    attribute = attribute or {EMAIL: "email", UNSPECIFIED: "preferred_username"}[chosen]
    value = next(texts(known(user).get(attribute)), "")
    if not value:
        raise SAMLError(RESPONDER, UNKNOWN_PRINCIPAL, f"the user has no {attribute} to be named by")
    return NameID(value, chosen)
