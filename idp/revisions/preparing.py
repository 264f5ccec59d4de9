"""What is made ready before a configuration is served: imports, pages, time zones."""

from __future__ import annotations

from datetime import tzinfo
from importlib import import_module
from zoneinfo import ZoneInfo

import storage
from idp import doors
from idp.config.bundle import themes
from idp.config.configuration import Configuration
from idp.config.in_force import InForce
from idp.web.edition import Edition
from idp.web.pages import Pages


def prepared(in_force: InForce, before: Edition | None) -> Pages:
    """The pages of a configuration; those of the one before, if nothing about them is new."""
    used = {
        (tenant.settings.theme, locale)
        for tenant in in_force.configuration.tenants
        for locale in tenant.settings.locales
    }
    same = before is not None and themes(before.in_force.bundle) == themes(in_force.bundle)
    if before is not None and same and before.pages.has(used):
        return before.pages
    pages = Pages(in_force.configuration.themes_folder)
    for theme, locale in sorted(used):
        pages.prepare(theme, [locale])
    return pages


def preload(configuration: Configuration) -> None:
    """Import what the workers need, once for all of them; what is not opened is not imported."""
    storage.preload(configuration.storage_url)
    if configuration.server.listen.monitoring:
        import_module("idp.web.monitor")
    if configuration.server.tracing:
        import_module("idp.monitoring.otlp")
    for name in configuration.server.doors:
        doors.opening(name)


def zones_of(configuration: Configuration) -> dict[str, tzinfo]:
    """The time zone of each tenant."""
    return {tenant.name: ZoneInfo(tenant.settings.time_zone) for tenant in configuration.tenants}
