"""A registered client as any other: what is stored of it made into one of a configured service."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import ValidationError

from idp.tenant import Service
from protocols.oidc import clients
from protocols.oidc.clients import NOBODY, Client
from protocols.oidc.metadata import service_settings
from protocols.oidc.redirect_uri import LOOPBACK_HOSTS
from protocols.oidc.settings import OPENID, TenantSettings
from storage.registration import RegisteredClient

ID: Final = re.compile(r"[A-Za-z0-9_-]{22}")  # `keys.token.new_id`: nothing else is worth asking the database


def client(
    record: RegisteredClient, tenant: TenantSettings, locales: Iterable[str], pairwise_key: bytes
) -> Client | None:
    """The client under the rules of today: None if what it registered is no longer allowed."""
    policy, metadata = tenant.registration, record.metadata
    scopes = (scope for scope in metadata["scope"].split() if scope in (OPENID, *policy.scopes))
    try:
        settings = service_settings(record.id, {**metadata, "scope": " ".join(scopes)}, policy.consent)
    except ValidationError:
        return None
    made = clients.new(Service(policy.service, {}, {}), settings, tenant, pairwise_key)
    return dataclasses.replace(
        made,
        secret_hash=record.secret_hash or NOBODY,
        names={locale: _name(metadata, locale, metadata["redirect_uris"][0]) for locale in locales},
        described=metadata,
    )


def called(client: Client, uri: str) -> Mapping[str, str] | None:
    """What the client is called on a page that leads to `uri`, by language; None for one that stands in a file.

    Of its several places, only the one where the user goes may stand there: another could vouch for it.
    """
    if client.names is None:
        return None
    return {locale: _name(client.described, locale, uri) for locale in client.names}


def page(metadata: Mapping[str, Any], name: str, locale: str) -> str | None:
    """The address that was registered under `name`, for the language if there is one."""
    found: str | None = metadata.get(f"{name}#{locale}", metadata.get(name))
    return found


def _name(metadata: Mapping[str, Any], locale: str, uri: str) -> str:
    """What it calls itself, which anybody can say, and where the user would go, which nobody can feign."""
    parts = urlsplit(uri)
    host = parts.hostname or ""  # on this machine an app listens at another port each time (RFC 8252 §7.3)
    place = host if host in LOOPBACK_HOSTS else parts.netloc or parts.scheme
    name = metadata.get(f"client_name#{locale}", metadata.get("client_name"))
    return f"{name} ({place})" if name else place
