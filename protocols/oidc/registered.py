"""A registered client as any other: what is stored of it made into one of a configured service."""

from __future__ import annotations

import dataclasses
import re
from typing import Final

from pydantic import ValidationError

from idp.tenant import Service
from protocols.oidc import clients
from protocols.oidc.clients import NOBODY, Client
from protocols.oidc.metadata import service_settings
from protocols.oidc.settings import TenantSettings
from storage.registration import RegisteredClient

ID: Final = re.compile(r"[A-Za-z0-9_-]{22}")  # `keys.token.new_id`: nothing else is worth asking the database


def client(record: RegisteredClient, tenant: TenantSettings) -> Client | None:
    """The client under the rules of today: None if what it registered is no longer allowed."""
    policy = tenant.registration
    scopes = (scope for scope in record.metadata["scope"].split() if scope in policy.scopes)
    try:
        settings = service_settings(record.id, {**record.metadata, "scope": " ".join(scopes)})
    except ValidationError:
        return None
    made = clients.new(Service(policy.service, {}, {}), settings, tenant)
    return dataclasses.replace(made, secret_hash=record.secret_hash or NOBODY)
