"""Finds the tenant of a request: by configured base URLs and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from idp.tenant import Tenant

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class Directory:
    """The tenants by host and path prefix. A Host that nobody configured finds nobody."""

    def __init__(self, tenants: Iterable[Tenant]) -> None:
        self._by_host: dict[str, list[tuple[str, Tenant]]] = {}
        for tenant in tenants:
            host = host_of(tenant.settings.base_url)
            self._by_host.setdefault(host, []).append((tenant.prefix, tenant))
        for entries in self._by_host.values():
            entries.sort(key=lambda entry: -len(entry[0]))

    def find(self, unverified_host: str, path: str) -> Tenant | None:
        """The tenant with the longest prefix that the path lies below."""
        entries = self._by_host.get(unverified_host) or self._by_host.get(_host(unverified_host, ""))
        for prefix, tenant in entries or ():
            if not prefix or path == prefix or path.startswith(prefix + "/"):
                return tenant
        return None

    def prefixes(self) -> frozenset[str]:
        """All path prefixes in use; empty for tenants with a host of their own."""
        return frozenset(prefix for entries in self._by_host.values() for prefix, _ in entries)


def host_of(base_url: str) -> str:
    """As clients write it in the header Host."""
    parts = urlsplit(base_url)
    return _host(parts.netloc, parts.scheme)


def _host(netloc: str, scheme: str) -> str:
    """Lower case, without the port that the scheme implies (both, where the scheme is not known)."""
    host = netloc.lower().rstrip(".")
    for port in [_DEFAULT_PORTS[scheme]] if scheme else _DEFAULT_PORTS.values():
        host = host.removesuffix(port)
    return host
