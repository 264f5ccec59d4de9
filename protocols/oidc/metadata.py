"""What a client says of itself when it registers, checked (RFC 7591 §2, OpenID Connect Registration 1.0 §2).

Whatever steers the protocol is then checked once more by the model of configured services.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from idp.config.model import WebAddress as AnyWebAddress
from idp.config.words import words
from keys.token import new_token
from protocols.oidc.errors import RegistrationError
from protocols.oidc.logout_settings import WebAddress
from protocols.oidc.metadata_names import (
    CONFIGURED_ONLY,
    GRANT_TYPES,
    METHODS,
    RESPONSE_TYPES,
    SECRET_METHODS,
    STEERING,
    TRANSLATED,
)
from protocols.oidc.registration_settings import RegistrationSettings
from protocols.oidc.settings import OFFLINE_ACCESS, OPENID, ServiceSettings
from protocols.oidc.vocabulary import Consent


def _visible(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must have no control characters")
    return text


Text = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_visible)]
Page = Annotated[AnyWebAddress, Field(max_length=2000), AfterValidator(_visible)]


class Description(BaseModel):
    """What is shown and kept, and steers nothing but what the rest must fit to."""

    model_config = ConfigDict(extra="ignore", strict=True)

    client_name: Text | None = None
    client_uri: Page | None = None
    logo_uri: Page | None = None
    policy_uri: Page | None = None
    tos_uri: Page | None = None
    contacts: Annotated[list[Text], Field(max_length=10)] | None = None
    software_id: Text | None = None
    software_version: Text | None = None
    application_type: Literal["web", "native"] = "web"
    response_types: list[str] = Field(default_factory=lambda: ["code"])
    grant_types: list[str] = Field(default_factory=lambda: ["authorization_code"])
    scope: str | None = None
    # Every logout token and every frame names the session, whether it must or not.
    frontchannel_logout_session_required: bool | None = None
    backchannel_logout_session_required: bool | None = None
    sector_identifier_uri: WebAddress | None = None


def parse(
    asked: Mapping[str, Any], policy: RegistrationSettings, algorithms: Collection[str]
) -> dict[str, Any]:
    """The metadata as they are registered, all defaults said. Raises `RegistrationError` for the first fault.

    What no standard of ours names is ignored, and null is as good as nothing (RFC 7591 §2, RFC 7592 §2.2).
    """
    given = {name: value for name, value in asked.items() if value is not None}
    described = _described(given)
    _check_flow(described)
    metadata = described | _steering(given) | {"scope": _scope(described, policy)}
    try:
        settings = service_settings("checked", metadata)
    except ValidationError as error:
        raise _first(error) from None
    for name in ("id_token_signed_response_alg", "userinfo_signed_response_alg"):
        if getattr(settings, name) not in (None, *algorithms):
            raise _refused(name, f"must be one of {', '.join(sorted(algorithms))}")
    is_web = described["application_type"] == "web"
    if is_web and not all(uri.startswith(("https:", "http:")) for uri in settings.redirect_uris):
        raise _refused("redirect_uris", "a scheme of one's own needs application_type native")
    metadata["token_endpoint_auth_method"] = settings.token_endpoint_auth_method
    metadata["id_token_signed_response_alg"] = settings.id_token_signed_response_alg
    return metadata


def service_settings(
    client_id: str, metadata: Mapping[str, Any], consent: Consent = "required"
) -> ServiceSettings:
    """The settings of a service that registered metadata stand for. Raises `pydantic.ValidationError`."""
    settings = {name: metadata[name] for name in STEERING if name in metadata}
    settings |= {"client_id": client_id, "scopes": metadata["scope"].split(), "consent": consent}
    settings["grant_types"] = metadata["grant_types"]
    if "sector_identifier_uri" in metadata:
        settings["sector_identifier"] = urlsplit(metadata["sector_identifier_uri"]).hostname
    if needs_secret(metadata):
        settings["client_secret"] = new_token()  # stands for the one of which only the hash is kept
    return ServiceSettings.model_validate(settings)


def needs_secret(metadata: Mapping[str, Any]) -> bool:
    return metadata.get("token_endpoint_auth_method", SECRET_METHODS[0]) in SECRET_METHODS


def _described(given: Mapping[str, Any]) -> dict[str, Any]:
    try:
        described = Description.model_validate(given).model_dump(exclude_none=True)
        for name in filter(TRANSLATED.fullmatch, given):
            plain = name.partition("#")[0]
            described[name] = getattr(Description.model_validate({plain: given[name]}), plain)
    except ValidationError as error:
        raise _first(error) from None
    return described


def _check_flow(described: Mapping[str, Any]) -> None:
    """Which grants go with which responses (RFC 7591 §2.1)."""
    if described["response_types"] != [*RESPONSE_TYPES]:
        raise _refused("response_types", "must be code")
    grants = described["grant_types"]
    if not set(grants) <= set(GRANT_TYPES):
        raise _refused("grant_types", f"must be among {', '.join(GRANT_TYPES)}")
    if GRANT_TYPES[0] not in grants:
        raise _refused("grant_types", "must contain authorization_code, which response_types code needs")


def _scope(described: Mapping[str, Any], policy: RegistrationSettings) -> str:
    """What it asks for of what the tenant allows, else all of that; offline_access only with refresh tokens."""
    asked = described["scope"].split() if "scope" in described else policy.scopes
    allowed = {*policy.scopes} - (
        {OFFLINE_ACCESS} if "refresh_token" not in described["grant_types"] else set()
    )
    return " ".join(dict.fromkeys((OPENID, *(scope for scope in asked if scope in allowed))))


def _steering(given: Mapping[str, Any]) -> dict[str, Any]:
    """What goes to the model. Nobody is left believing in a protection that is not there."""
    steering: dict[str, Any] = {}
    for name, otherwise in (STEERING | CONFIGURED_ONLY).items():
        if name not in given:
            continue
        if name in STEERING and name in ServiceSettings.model_fields:
            steering[name] = given[name]
            if name == "jwks" and (not isinstance(given[name], dict) or "keys" not in given[name]):
                raise _refused(name, "must be a JWK set")  # a file of ours is for our own files to name
        elif given[name] != otherwise:
            raise _refused(name, "is not supported")
    method = steering.get("token_endpoint_auth_method", METHODS[0])
    if method not in METHODS:
        raise _refused("token_endpoint_auth_method", f"must be one of {', '.join(METHODS)}")
    return steering


def _first(error: ValidationError) -> RegistrationError:
    """The first fault that pydantic found, in the words that administrators read."""
    detail = error.errors(include_url=False)[0]
    said = words(detail)
    about, colon, rest = said.partition(": ")
    if detail["loc"]:
        return _refused(str(detail["loc"][0]), said)
    return _refused(about, rest) if colon else RegistrationError("invalid_client_metadata", said)


def _refused(name: str, said: str) -> RegistrationError:
    """RFC 7591 §3.2.2: redirect URIs have an error of their own."""
    error = "invalid_redirect_uri" if name == "redirect_uris" else "invalid_client_metadata"
    return RegistrationError(error, f"{name} {said}")
