"""Errors as the standards word them. Descriptions are fixed texts that repeat nothing of a request."""

from __future__ import annotations


class OIDCError(Exception):
    """What a client or a person is told: the standard's `error`, and a description for whoever programs."""

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description

    @property
    def status(self) -> int:
        """Of an answer that is no page."""
        return {"invalid_client": 401, "temporarily_unavailable": 503}.get(self.error, 400)


class Malformed(OIDCError):
    """The request cannot be read as one, whatever it was meant to be."""

    def __init__(self, description: str) -> None:
        super().__init__("invalid_request", description)


class Untrusted(OIDCError):
    """Client or redirect URI is not known: said on a page of our own (RFC 6749 §4.1.2.1)."""


class AuthorizationError(OIDCError):
    """Reported to the client by redirect (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6)."""


class TokenError(OIDCError):
    """Reported as JSON by the endpoints that clients call (RFC 6749 §5.2)."""


class RegistrationError(OIDCError):
    """Reported by the registration endpoint as JSON (RFC 7591 §3.2.2)."""

    @property
    def status(self) -> int:
        return 403 if self.error == "access_denied" else 400


class BearerError(OIDCError):
    """Reported by a protected resource (RFC 6750 §3.1). With an empty `error` there simply was no token."""

    @property
    def status(self) -> int:
        return {"invalid_request": 400, "insufficient_scope": 403}.get(self.error, 401)
