"""The domain of a user name at the login page: chosen beside it where there are several, or typed with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from idp.flow.interaction import USERNAME
from idp.outcome import Challenge
from idp.tenant import Tenant
from idp.username import canonical, split
from idp.web import language
from idp.web.exchange import TENANT
from idp.web.locale import pick
from storage.records import LOCAL_DOMAIN

FIELD = "domain"


def named(tenant: Tenant, typed: str, form: Mapping[str, str]) -> str:
    """The name with the domain that was chosen; one that was typed with the name counts more. Empty for no name."""
    domains, chosen = tenant.settings.domains, form.get(FIELD, LOCAL_DOMAIN)
    has_own = split(canonical(typed), domains)[1] != LOCAL_DOMAIN
    if not typed.strip() or has_own or chosen == LOCAL_DOMAIN or chosen not in domains:
        return typed
    return f"{typed.strip()}@{chosen}"


def shown(request: web.Request, challenge: Challenge) -> tuple[str | None, Sequence[Mapping[str, Any]]]:
    """The name that the page shows, and where it asks for one, the domains to choose from."""
    tenant = request[TENANT]
    domains, name = tenant.settings.domains, challenge.username
    if challenge.authenticator != USERNAME or len(domains) < 2:
        return name, ()
    username, chosen = split(canonical(name), domains) if name else (name, next(iter(domains)))
    spoken = language.of(request), tenant.settings.locales
    return username, [
        {
            "name": one,
            "label": pick(about.display_name or _called(tenant, one), *spoken),
            "chosen": one == chosen,
        }
        for one, about in domains.items()
    ]


def _called(tenant: Tenant, domain: str) -> Mapping[str, str]:
    """Who has a name here without a domain is of the tenant itself."""
    if domain == LOCAL_DOMAIN:
        return tenant.settings.display_name
    return {tenant.settings.locales[0]: domain}
