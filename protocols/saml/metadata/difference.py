"""What has changed between two states of a service's metadata, in lines for people, and what of it weakens."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from keys.certified_key import ends_at
from protocols.saml.instant import write
from protocols.saml.service_provider import Endpoint, IndexedEndpoint, ServiceProvider

FLAGS: Final = {
    "authn_requests_signed": "AuthnRequestsSigned",
    "want_assertions_signed": "WantAssertionsSigned",
}
CERTIFICATES: Final = {"signing": "signing certificate", "encryption": "encryption certificate"}
ENDPOINTS: Final = {
    "assertion_consumer_services": "AssertionConsumerService",
    "single_logout_services": "SingleLogoutService",
    "artifact_resolution_services": "ArtifactResolutionService",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One line: `sign` is - for what goes, + for what comes, ~ for what becomes another."""

    sign: str
    words: str
    weakens: bool = False  # must not happen before an administrator agrees

    def __str__(self) -> str:
        return f"{self.sign} {self.words}{'  [weakens]' if self.weakens else ''}"


def changes(before: ServiceProvider, after: ServiceProvider) -> Sequence[Change]:
    """Everything that has changed; what could let others in, or send what we say elsewhere, weakens.

    Not `validUntil`, which is new each time that the metadata are signed.
    """
    return [
        *_identity(before, after),
        *_flags(before, after),
        *_certificates(before, after),
        *_endpoints(before, after),
        *_rest(before, after),
    ]


def describe(provider: ServiceProvider) -> Sequence[str]:
    """The same lines for one state alone."""
    flags = [f"{name} {_flag(getattr(provider, key))}" for key, name in FLAGS.items()]
    certificates = [
        f"{name} {fingerprint(each)}" for use, name in CERTIFICATES.items() for each in _held(provider, use)
    ]
    endpoints = [
        f"{name} {_endpoint(each)}" for key, name in ENDPOINTS.items() for each in getattr(provider, key)
    ]
    until = [f"validUntil {write(provider.valid_until)}"] if provider.valid_until is not None else []
    return [f"entityID {provider.entity_id}", *flags, *certificates, *endpoints, *_texts(provider), *until]


def fingerprint(certificate: bytes) -> str:
    """By what administrators compare certificates (SHA-256), and its end."""
    digest = hashlib.sha256(certificate).hexdigest()
    return f"SHA256:{digest} ends {write(ends_at(certificate))}"


def _identity(before: ServiceProvider, after: ServiceProvider) -> Iterator[Change]:
    if before.entity_id != after.entity_id:
        yield Change("~", f"entityID {before.entity_id} becomes {after.entity_id}", weakens=True)


def _flags(before: ServiceProvider, after: ServiceProvider) -> Iterator[Change]:
    for key, name in FLAGS.items():
        was, becomes = getattr(before, key), getattr(after, key)
        if was != becomes:
            yield Change("~", f"{name} {_flag(was)} becomes {_flag(becomes)}", weakens=was)


def _certificates(before: ServiceProvider, after: ServiceProvider) -> Iterator[Change]:
    for use, name in CERTIFICATES.items():
        was, becomes = _held(before, use), _held(after, use)
        for each in was:
            if each not in becomes:
                yield Change("-", f"{name} {fingerprint(each)}", weakens=True)
        for each in becomes:
            if each not in was:
                yield Change("+", f"{name} {fingerprint(each)}")


def _endpoints(before: ServiceProvider, after: ServiceProvider) -> Iterator[Change]:
    known = {origin for key in ENDPOINTS for each in getattr(before, key) for origin in _origins(each)}
    for key, name in ENDPOINTS.items():
        was, becomes = getattr(before, key), getattr(after, key)
        for each in was:
            if each not in becomes:
                yield Change("-", f"{name} {_endpoint(each)}")
        for each in becomes:
            if each not in was:
                yield Change("+", f"{name} {_endpoint(each)}", weakens=not _origins(each) <= known)


def _rest(before: ServiceProvider, after: ServiceProvider) -> Iterator[Change]:
    was, becomes = _texts(before), _texts(after)
    yield from (Change("-", each) for each in was if each not in becomes)
    yield from (Change("+", each) for each in becomes if each not in was)


def _texts(provider: ServiceProvider) -> Sequence[str]:
    formats = [f"NameIDFormat {each}" for each in provider.name_id_formats]
    requested = [
        f"RequestedAttribute {each.name}{' required' if each.is_required else ''}"
        for each in provider.requested_attributes
    ]
    return [*formats, *requested]


def _held(provider: ServiceProvider, use: str) -> tuple[bytes, ...]:
    return provider.signing_certificates if use == "signing" else provider.encryption_certificates


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _endpoint(each: Endpoint | IndexedEndpoint) -> str:
    binding = each.binding.rpartition(":")[2]
    if isinstance(each, IndexedEndpoint):
        return f"{each.index} {binding} {each.location}{' default' if each.is_default else ''}"
    return f"{binding} {each.location}{f' answers to {each.response_location}' if each.response_location else ''}"


def _origins(each: Endpoint | IndexedEndpoint) -> set[tuple[str, str]]:
    """Scheme, host and port of where it sends messages."""
    answers = each.response_location if isinstance(each, Endpoint) else ""
    parts = [urlsplit(location) for location in (each.location, answers) if location]
    return {(part.scheme, part.netloc.lower()) for part in parts}
