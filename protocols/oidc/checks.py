"""The checks of the authorization endpoint, one rule each, in the order in which they are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, get_args

from protocols.oidc import resources
from protocols.oidc.clients import Client
from protocols.oidc.errors import AuthorizationError, Untrusted
from protocols.oidc.pkce import METHOD, is_challenge
from protocols.oidc.redirect_uri import is_registered
from protocols.oidc.response import canonical, is_possible
from protocols.oidc.settings import OPENID
from protocols.oidc.vocabulary import ResponseType

Parameters = Mapping[str, str]
Check = Callable[[Parameters, Client], None]

KNOWN_TYPES: Final = get_args(ResponseType)
MAXIMUM_AGE_DIGITS = 9  # thirty years in seconds
PROMPTS = frozenset(("none", "login", "consent", "select_account"))


def known_client(parameters: Parameters, clients: Mapping[str, Client]) -> Client:
    """Without a client we know there is nobody to report to (RFC 6749 §4.1.2.1)."""
    client = clients.get(parameters.get("client_id", ""))
    if client is None:
        raise Untrusted("invalid_request", "client_id is missing or unknown")
    return client


def registered_redirect_uri(parameters: Parameters, client: Client) -> None:
    """Required even where one is registered (OpenID Connect Core §3.1.2.1), and compared as a string."""
    if not is_registered(parameters.get("redirect_uri", ""), client.settings.redirect_uris):
        raise Untrusted("invalid_request", "redirect_uri is missing or not registered for this client")


def nothing_to_fetch(parameters: Parameters, _: Client) -> None:
    """OpenID Connect Core §6: what we do not support must be said, not ignored. We fetch from no address."""
    for name in ("request_uri", "registration"):
        if name in parameters:
            raise AuthorizationError(f"{name}_not_supported", f"{name} is not supported")


def response_type_allowed(parameters: Parameters, client: Client) -> None:
    if "response_type" not in parameters:
        raise AuthorizationError("invalid_request", "response_type is missing")
    response_type = canonical(parameters["response_type"])
    if response_type not in KNOWN_TYPES:
        raise AuthorizationError("unsupported_response_type", "response_type is not supported")
    if response_type not in client.settings.response_types:
        raise AuthorizationError("unauthorized_client", "response_type is not allowed for this client")


def response_mode_possible(parameters: Parameters, _: Client) -> None:
    """Multiple Response Type Encoding Practices §3.0: tokens must not be asked for in the query."""
    if not is_possible(parameters):
        raise AuthorizationError("invalid_request", "response_mode is unknown or not for this response_type")


def nonce_with_tokens(parameters: Parameters, _: Client) -> None:
    """OpenID Connect Core §3.2.2.1, §3.3.2.11: without it a stolen answer could be played to the client."""
    if canonical(parameters["response_type"]) != "code" and "nonce" not in parameters:
        raise AuthorizationError("invalid_request", "nonce is required for this response_type")


def scope_with_openid(parameters: Parameters, _: Client) -> None:
    """Unknown scopes are ignored (OpenID Connect Core §3.1.2.1); without openid it is no request for us."""
    if OPENID not in parameters.get("scope", "").split(" "):
        raise AuthorizationError("invalid_scope", "scope must contain openid")


def prompt_possible(parameters: Parameters, _: Client) -> None:
    """OpenID Connect Core §3.1.2.1; of `create`, Initiating User Registration 1.0 §4.1."""
    prompts = prompts_of(parameters)
    if "create" in prompts:
        raise AuthorizationError("invalid_request", "prompt create is not supported")
    if not prompts <= PROMPTS:
        raise AuthorizationError("invalid_request", "prompt has an unknown value")
    if "none" in prompts and len(prompts) > 1:
        raise AuthorizationError("invalid_request", "prompt none cannot be combined")


def max_age_a_number(parameters: Parameters, _: Client) -> None:
    age = parameters.get("max_age", "0")
    if not (age.isascii() and age.isdigit() and len(age) <= MAXIMUM_AGE_DIGITS):
        raise AuthorizationError("invalid_request", "max_age must be a number of seconds")


def pkce_s256(parameters: Parameters, client: Client) -> None:
    """RFC 7636 §4.4.1; `plain` would show the verifier to whoever sees the request. No code, no challenge."""
    if "code" not in parameters["response_type"].split(" "):
        return
    challenge = parameters.get("code_challenge")
    if challenge is None and "code_challenge_method" in parameters:
        raise AuthorizationError("invalid_request", "code_challenge is missing")
    if challenge is None and client.settings.pkce == "required":
        raise AuthorizationError("invalid_request", "code_challenge is required")
    if challenge is not None and parameters.get("code_challenge_method") != METHOD:
        raise AuthorizationError("invalid_request", "code_challenge_method must be S256")
    if challenge is not None and not is_challenge(challenge):
        raise AuthorizationError("invalid_request", "code_challenge is no SHA-256 as base64url")


def prompts_of(parameters: Parameters) -> frozenset[str]:
    """The values of `prompt`."""
    return frozenset(parameters.get("prompt", "").split())


# In this order; what fails is reported to the client, whose redirect URI has been checked before.
REPORTABLE: Final[tuple[Check, ...]] = (
    nothing_to_fetch,
    response_type_allowed,
    response_mode_possible,
    nonce_with_tokens,
    scope_with_openid,
    prompt_possible,
    max_age_a_number,
    resources.registered,
    pkce_s256,
)
