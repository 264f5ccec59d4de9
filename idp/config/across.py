"""Mistakes that no single file shows: names that clash, or lead nowhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from idp.config.attributes import check_attributes
from idp.config.console_rules import check_console
from idp.config.document import Document
from idp.config.exposure import check_exposure
from idp.config.forgotten import check_forgotten
from idp.config.mistake import Findings, Position, suggest
from idp.config.passkeys import check_held
from idp.config.probed import check_probe
from idp.config.protectable import check_protect
from idp.config.reach import check_reach
from idp.config.rule_names import OWN_SERVICES, check_names, check_once, made_by_doors, missing_authenticator
from idp.config.server import ServerSettings
from idp.config.tenant import TenantSettings
from idp.config.tenant_folder import TenantFolder
from idp.config.theme_files import LinkedOut, theme_files
from idp.doors import DoorModels

# What lies below a tenant's base URL: no other tenant's path may begin so.
OWN_PATHS = frozenset(("login", "logout", "forgotten", "account", "console", "oidc", "saml", "radius")) | {
    *("webtoken", "health", "metrics", "static", ".well-known", "token", "certificates")
}
THEMES = Path(__file__).parents[2] / "themes"
DEFAULT_THEME = "default"


def check_tenant(
    tenant: TenantFolder,
    root: Path,
    server: ServerSettings,
    doors: Mapping[str, DoorModels],
    findings: Findings,
) -> None:
    """Everything within one tenant."""
    if tenant.settings is not None:
        _check_theme(tenant.document, tenant.settings, root, findings)
    _check_services(tenant, doors, findings)
    _check_served(tenant, server, doors, findings)
    mistakes = len(findings.errors)
    check_names(tenant, server, findings)
    check_once(tenant, findings)
    if len(findings.errors) == mistakes:  # a name that leads nowhere is no reason to call a rule unreachable
        check_reach(tenant, findings)
    _check_people(tenant, findings)
    for check in (
        check_forgotten,
        check_protect,
        check_held,
        check_exposure,
        check_attributes,
        check_console,
        check_probe,
    ):
        check(tenant, findings)


def check_tenants(tenants: Sequence[TenantFolder], findings: Findings) -> None:
    """Names and addresses of different tenants."""
    names: dict[str, Position] = {}
    earlier: list[tuple[str, tuple[str, int | None], tuple[str, ...]]] = []
    for document, settings in ((tenant.document, tenant.settings) for tenant in tenants):
        if settings is None:
            continue
        _once(names, settings.tenant, document.position(("tenant",)), "tenant", findings)
        origin, path = _address(settings.base_url)
        for other, its_origin, its_path in earlier:
            if origin == its_origin and _overlap(path, its_path):
                words = f"base_url overlaps with that of tenant {other}, choose another host or path"
                findings.error(document.position(("base_url",)), words)
        earlier.append((settings.tenant, origin, path))


def _address(base_url: str) -> tuple[tuple[str, int | None], tuple[str, ...]]:
    parts = urlsplit(base_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return (parts.hostname or "", port), tuple(part for part in parts.path.split("/") if part)


def _overlap(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """A path may lie below a whole host, but not below another path, nor where that host has pages."""
    short, long = sorted((one, other), key=len)
    if long[: len(short)] != short:
        return False
    return bool(short) or not long or long[0] in OWN_PATHS


def _check_theme(document: Document, settings: TenantSettings, root: Path, findings: Findings) -> None:
    theme = settings.theme
    homes = (root / "themes", THEMES)
    folder = next((home / theme for home in homes if (home / theme).is_dir()), None)
    if folder is None:
        known = {path.name for home in homes for path in home.glob("*") if (path / "messages").is_dir()}
        findings.error(
            document.position(("theme",)), f"theme: no theme is called {theme}, {suggest(theme, known)}"
        )
        folder = THEMES / DEFAULT_THEME
    try:
        list(theme_files(folder))
    except LinkedOut as error:
        findings.error(document.position(("theme",)), f"theme: {error}")
    spoken = {
        path.parents[1].name
        for layer in (folder, THEMES / DEFAULT_THEME)
        for path in layer.glob("messages/*/LC_MESSAGES/masugata.po")
    }
    for index, locale in enumerate(settings.locales):
        if locale not in spoken:
            words = f"locales[{index + 1}]: there are no messages for {locale}, {suggest(locale, spoken)}"
            findings.error(document.position(("locales", index)), words)


def _check_services(tenant: TenantFolder, doors: Mapping[str, DoorModels], findings: Findings) -> None:
    names: dict[str, Position] = {}
    taken: dict[str, Position] = {}
    made = made_by_doors(tenant)  # once: it looks for the doors of third parties
    for document, service in tenant.services:
        at = document.position(("service",))
        if service.service in OWN_SERVICES:
            findings.error(at, f"service {service.service} is the name of our own pages, choose another")
        if service.service in made:
            words = f"service {service.service} is made by a door, as tenant.yaml says: choose another"
            findings.error(at, words)
        _once(names, service.service, at, "service", findings)
        for door, section in service.doors.items():
            for key in doors[door].unique:
                where = document.position((door, key))
                _once(taken, f"{door}.{key} {getattr(section, key)}", where, "", findings)


def _check_served(
    tenant: TenantFolder, server: ServerSettings, doors: Mapping[str, DoorModels], findings: Findings
) -> None:
    """What a service needs of the server itself."""
    for document, service in tenant.services:
        for door, section in service.doors.items():
            unserved = doors[door].unserved
            for key, words in (unserved(section, server) if unserved else {}).items():
                findings.error(document.position((door, key)), f"{door}.{key} {words}")


def _once(seen: dict[str, Position], name: str, at: Position, noun: str, findings: Findings) -> None:
    if name in seen:
        findings.error(at, f"{noun} {name} stands at {seen[name]} already, choose another".lstrip())
    seen.setdefault(name, at)


def _check_people(tenant: TenantFolder, findings: Findings) -> None:
    if tenant.people is None:
        return
    names: dict[str, Position] = {}
    for place, person in tenant.people.by_place.items():
        _once(names, person.user, tenant.people.document.position((place, "user")), "user", findings)
        for name in person.credentials:
            if name not in tenant.authenticator_names:
                at = tenant.people.document.key_position((place, "credentials", name))
                findings.error(at, missing_authenticator(name, tenant.authenticator_names))
