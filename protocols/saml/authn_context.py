"""Authentication contexts: how SAML names what our `acr` says, and compares it (saml-core-2.0 §3.3.2.2.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from idp.assurance import MULTI, SINGLE
from protocols.saml.errors import SAMLError
from protocols.saml.names import NO_AUTHN_CONTEXT, REQUESTER, RESPONDER

_CLASSES: Final = "urn:oasis:names:tc:SAML:2.0:ac:classes:"
# The first of each acr is what is said of it unless another was asked for.
USUAL: Final[Mapping[str, str]] = {
    f"{_CLASSES}PasswordProtectedTransport": SINGLE,
    f"{_CLASSES}Password": SINGLE,
    f"{_CLASSES}unspecified": SINGLE,
    SINGLE: SINGLE,
    "https://refeds.org/profile/mfa": MULTI,
    f"{_CLASSES}TimeSyncToken": MULTI,
    f"{_CLASSES}MobileTwoFactorContract": MULTI,
    "http://schemas.microsoft.com/claims/multipleauthn": MULTI,
    MULTI: MULTI,
}
_STRENGTH: Final = {SINGLE: 1, MULTI: 2}  # an acr of the rules' own is neither more nor less than another


def known(own: Mapping[str, str]) -> dict[str, str]:
    """The acr of each class: those of the administrator's own come first."""
    return {**own, **USUAL}


def told(achieved: str, classes: Mapping[str, str], comparison: str, asked: Sequence[str]) -> str:
    """The class of what was achieved that answers the request. Raises `SAMLError` where none does.

    `classes` gives the acr of each class. The rules decide what users prove; a request does not change them.
    """
    if not asked:
        return next((name for name, acr in classes.items() if acr == achieved), achieved)
    wanted = {name: classes.get(name, name) for name in asked}
    fitting = [name for name, acr in wanted.items() if _fits(achieved, acr, comparison)]
    if comparison == "better" and len(fitting) < len(wanted):  # stronger than any that were named
        fitting = []
    if not fitting:
        raise SAMLError(RESPONDER, NO_AUTHN_CONTEXT, "the user was not authenticated as the request wants it")
    if comparison == "exact":  # the best liked comes first
        return fitting[0]
    return told(achieved, classes, "exact", ())


def check(comparison: str, has_declarations: bool) -> None:
    """Raises `SAMLError` for what nobody could answer."""
    if comparison not in ("exact", "minimum", "maximum", "better"):
        raise SAMLError(REQUESTER, NO_AUTHN_CONTEXT, "the comparison is unknown")
    if has_declarations:
        raise SAMLError(RESPONDER, NO_AUTHN_CONTEXT, "contexts are known by class, not by declaration")


def _fits(achieved: str, wanted: str, comparison: str) -> bool:
    """Whoever proved two factors proved one as well."""
    ours, theirs = _STRENGTH.get(achieved), _STRENGTH.get(wanted)
    if ours is None or theirs is None:
        return achieved == wanted and comparison != "better"
    if comparison == "maximum":
        return ours <= theirs
    return ours > theirs if comparison == "better" else ours >= theirs
