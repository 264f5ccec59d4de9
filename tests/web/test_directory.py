"""THREAT_MODEL.md 23: a tenant is found by its configured base URL, and never by what a Host merely claims."""

from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from idp.web.directory import Directory


@dataclass(frozen=True)
class Settings:
    base_url: str


@dataclass(frozen=True)
class Named:
    """As much of a tenant as the directory looks at."""

    name: str
    settings: Settings

    @property
    def prefix(self) -> str:
        return urlsplit(self.settings.base_url).path.rstrip("/")


def _tenant(name: str, base_url: str) -> Named:
    return Named(name, Settings(base_url))


DIRECTORY = Directory(
    [  # type: ignore[list-item]
        _tenant("root", "https://login.example.com"),
        _tenant("acme", "https://login.example.com/acme"),
        _tenant("acme-lab", "https://login.example.com/acme/lab"),
        _tenant("port", "https://id.example.net:8443"),
        _tenant("dev", "http://localhost:8080"),
    ]
)


@pytest.mark.parametrize(
    ("host", "path", "found"),
    [
        ("login.example.com", "/", "root"),
        ("login.example.com:443", "/", "root"),
        ("LOGIN.example.com", "/oidc/token", "root"),
        ("login.example.com", "/acme", "acme"),
        ("login.example.com", "/acme/oidc/token", "acme"),
        ("login.example.com", "/acme/lab/login", "acme-lab"),
        ("login.example.com", "/acmeish", "root"),
        ("id.example.net:8443", "/", "port"),
        ("id.example.net", "/", None),
        ("localhost:8080", "/", "dev"),
        ("localhost", "/", None),
        ("evil.example", "/", None),
        ("login.example.com.evil.example", "/", None),
        ("", "/", None),
    ],
)
def test_only_configured_hosts_and_prefixes_are_found(host: str, path: str, found: str | None) -> None:
    tenant = DIRECTORY.find(host, path)
    assert (tenant.name if tenant else None) == found
