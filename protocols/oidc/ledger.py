"""The ledger of one request, and pyop's authorization state over it instead of over databases of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from pyop.access_token import AccessToken
from pyop.authz_state import AuthorizationState
from pyop.exceptions import InvalidScope, InvalidSubjectIdentifier

from idp.policy.verdict import Consent
from keys.ring import KeyRing
from keys.secret import Secret
from keys.token import new_token
from protocols.oidc import access_token
from protocols.oidc.access_token import bound
from protocols.oidc.clients import Client
from protocols.oidc.settings import OFFLINE_ACCESS
from storage.quick import quick
from storage.records import Grant, User

REQUEST: Final = AuthorizationState.KEY_AUTHORIZATION_REQUEST
PRESENTED: Final = "presented"  # in place of the code or token that came in: pyop never sees it

Kind = Literal["code", "access", "refresh"]


@quick
@dataclass(frozen=True, slots=True)
class Issued:
    """A code or token that was just made and is not stored yet."""

    kind: Kind
    token: Secret
    scope: tuple[str, ...]


@quick
@dataclass(frozen=True, slots=True)
class Ledger:
    """What pyop may know during one call, loaded before it; in `issued` what it made, to be stored after it.

    Which codes and tokens are live has been decided by the database, in one statement each.
    """

    issuer: str
    client: Client
    user: User
    grant: Grant
    now: int  # epoch seconds
    id_token_seconds: int = 0
    ring: KeyRing = field(default_factory=KeyRing)
    audience: tuple[str, ...] = ()  # of the access token
    jkt: str = ""  # the client's key, to which it is bound
    rule: str = ""  # of the policy, that let the user in just now
    consent: Consent | None = None  # which that rule wants to be asked for
    issued: list[Issued] = field(default_factory=list)

    def issue(self, kind: Kind, scope: str = "") -> str:
        token = self._access_token(scope) if kind == "access" else new_token()
        self.issued.append(Issued(kind, token, tuple(scope.split())))
        return token.reveal()

    @property
    def subject(self) -> str:
        """By what name the client knows the user."""
        return self.client.subject(self.user.id)

    def _access_token(self, scope: str) -> Secret:
        grant = self.grant
        login = {"auth_time": grant.auth_time, "acr": grant.acr, "amr": grant.amr} | bound(
            self.jkt, self.client.x5t
        )
        return access_token.new(
            self.client, self.issuer, scope, self.audience, self.now, self.ring, sub=self.subject, **login
        )


class State(AuthorizationState):  # type: ignore[misc]  # pyop has no types
    """All that pyop looks up, decides and makes: it would neither bind tokens to clients nor redeem once."""

    def __init__(self, ledger: Ledger) -> None:
        # Without `super().__init__`: nothing of what it prepares is asked for, and it is made for every request.
        self.ledger = ledger
        self.access_token_lifetime = ledger.client.access_token_seconds
        scope = " ".join(ledger.grant.scope)
        held: dict[str, Any] = {
            "sub": ledger.subject,
            "scope": scope,
            "granted_scope": scope,
            REQUEST: ledger.grant.request,
        }
        self.authorization_codes, self.access_tokens, self.refresh_tokens = (
            {PRESENTED: held} for _ in range(3)
        )

    def get_subject_identifier(self, _type: str, user_id: str, _sector: str | None = None) -> str:
        return self.ledger.client.subject(user_id)

    def get_user_id_for_subject_identifier(self, subject: str) -> str:
        if subject != self.ledger.subject:  # pyop would look through all users
            raise InvalidSubjectIdentifier("unknown")
        return self.ledger.user.id

    def get_authorization_request_for_code(self, _code: str) -> Mapping[str, Any]:
        """As it was accepted: pyop would build its message of it again, and reads no more than single members."""
        return self.ledger.grant.request

    get_authorization_request_for_access_token = get_authorization_request_for_code

    def create_authorization_code(self, *_: Any, **__: Any) -> str:
        return self.ledger.issue("code")

    def exchange_code_for_token(self, code: str) -> AccessToken:
        held = self.authorization_codes[code]
        return self._create_access_token(held["sub"], held[REQUEST], held["granted_scope"])

    def _create_access_token(
        self, subject: str, request: Any, granted: str, scope: str | None = None, **_: Any
    ) -> AccessToken:
        value = self.ledger.issue("access", scope or granted)
        self.access_tokens[value] = {"sub": subject, "granted_scope": granted, REQUEST: request}
        return AccessToken(value, self.access_token_lifetime)

    def create_refresh_token(self, access: str) -> str | None:
        granted = self.access_tokens[access]["granted_scope"]
        allowed = "refresh_token" in self.ledger.client.settings.grant_types
        return (
            self.ledger.issue("refresh", granted) if allowed and OFFLINE_ACCESS in granted.split() else None
        )

    def use_refresh_token(self, token: str, scope: list[str] | None = None) -> tuple[AccessToken, str | None]:
        held, wished = self.refresh_tokens[token], " ".join(scope or ())
        granted = held["granted_scope"]
        if not set(wished.split()) <= set(granted.split()):
            raise InvalidScope("beyond what was granted")
        access = self._create_access_token(held["sub"], held[REQUEST], granted, wished)
        return access, self.create_refresh_token(access.value)  # always a new one: RFC 9700 §4.14.2

    def introspect_access_token(self, token: str) -> dict[str, Any]:
        return {"active": True, **self.access_tokens[token]}
