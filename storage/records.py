"""What we remember: one frozen record per table, and nothing that acts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from storage.quick import quick

LOCAL_DOMAIN = "local"
JSON = Mapping[str, Any]


@quick
@dataclass(frozen=True, slots=True)
class User:
    """A person of one tenant. `id` is random, never reused, and is the public subject that services see."""

    id: str
    username: str
    created_at: int
    domain: str = LOCAL_DOMAIN
    display_name: str = ""
    email: str | None = None
    groups: frozenset[str] = frozenset()
    attributes: str = "{}"  # a JSON object, read by `idp.attributes` when somebody asks
    disabled_at: int | None = None
    changed_at: int | None = None  # when name, email or attributes were last changed; None: never

    @property
    def login_name(self) -> str:
        """What he types, and what services are told: in another domain the same name is somebody else's."""
        return self.username if self.domain == LOCAL_DOMAIN else f"{self.username}@{self.domain}"


@quick
@dataclass(frozen=True, slots=True)
class Credential:
    """What one user holds for one authenticator. `sealed` opens only for this tenant and this row."""

    id: str
    user_id: str
    authenticator: str
    sealed: bytes
    created_at: int
    changed_at: int
    last_used_at: int | None = None
    counter: int = -1  # the last one-time step accepted (RFC 6238 §5.2); -1 before the first
    drift: int = 0  # how many steps the device's clock is ahead of ours
    name: str = ""  # what its owner calls it


@quick
@dataclass(frozen=True, slots=True)
class Budget:
    """Guesses spent on one subject. Over the limit until `until` (epoch seconds) means locked."""

    subject: str
    failures: int
    until: int
    pending: int = 0  # of these, how many are still being looked at


@quick
@dataclass(frozen=True, slots=True)
class Proof:
    """One proof that was given."""

    authenticator: str
    amr: tuple[str, ...]
    at: int
    model: str = ""  # of a passkey, where a rule looks at it: its AAGUID


@quick
@dataclass(frozen=True, slots=True)
class Interaction:
    """A login in progress, bound to one browser (or NAS) by the hash of its secret. `door` and `request`, which only
    that door can read, say who resumes it and with what. `chain` is still asked; while empty, the user name is."""

    id: str
    browser_hash: bytes
    door: str
    service: str
    request: JSON
    created_at: int
    expires_at: int
    step: str = ""  # names the question that is open now; an answer to another is not evaluated
    username: str | None = None
    user_id: str | None = None
    chain: tuple[str, ...] = ()
    proofs: tuple[Proof, ...] = ()
    prompt: JSON = field(default_factory=dict)
    release_id: str = ""  # that let it in, where its user's logins are protected
    rule: str = ""  # that asks for the chain


@quick
@dataclass(frozen=True, slots=True)
class Session:
    """A browser's standing with us. `sid` stays when the secret behind `id_hash` changes."""

    id_hash: bytes
    sid: str
    user_id: str
    browser_hash: bytes
    proofs: tuple[Proof, ...]
    acr: str
    created_at: int
    seen_at: int
    expires_at: int  # the absolute end
    address: str = ""
    user_agent: str = ""


@quick
@dataclass(frozen=True, slots=True)
class Grant:
    """What a user gave one service in one login; it carries the authorization code until that is used.
    Deleting a grant revokes everything issued from it: a token without its grant is worth nothing."""

    id: str
    service: str
    client_id: str
    user_id: str
    sid: str
    scope: tuple[str, ...]
    request: JSON  # the authorization request as it was accepted
    auth_time: int
    acr: str
    amr: tuple[str, ...]
    created_at: int
    code_hash: bytes | None = None
    code_expires_at: int = 0
    code_used_at: int | None = None


@quick
@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A request that waits: pushed by its client (RFC 9126), posted by a browser (SAML's are), for a decision, or for
    a browser that signs out at one service after the other. `sid` and `browser_hash` bind the last two to the
    session and the browser that they wait for.
    """

    id_hash: bytes
    kind: Literal["pushed", "posted", "consent", "device", "saml", "saml_logout", "logout"]
    client_id: str
    request: JSON
    created_at: int
    expires_at: int
    sid: str = ""
    browser_hash: bytes | None = None


@quick
@dataclass(frozen=True, slots=True)
class Token:
    """An access or refresh token, stored as the hash of itself. `used_at` marks a rotated refresh token."""

    token_hash: bytes
    kind: Literal["access", "refresh"]
    grant_id: str
    scope: tuple[str, ...]
    created_at: int
    expires_at: int
    used_at: int | None = None
    audience: tuple[str, ...] = ()  # resources for which alone it is meant (RFC 8707)
    jkt: str = ""  # thumbprint of the key that it is bound to (RFC 9449)
    certificate: str = ""  # thumbprint of the certificate that it is bound to (RFC 8705)


@quick
@dataclass(frozen=True, slots=True)
class AuditRecord:
    """Something that happened. `id` begins with the time, so that ids sort as events did."""

    id: str
    at: int
    event: str
    user_id: str | None = None
    service: str = ""
    address: str = ""
    request_id: str = ""
    reference: str = ""  # the short code that a page shows and the help desk types
    details: JSON = field(default_factory=dict)
    version: int = 1  # of the event's fields
    is_erased: bool = False  # what it said of a person cannot be read any more
