"""Redirect URIs: which may be registered, and which request matches a registered one."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import urlsplit

LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")
# Only the port may vary: what follows it is compared as it stands, nothing is decoded or normalised.
LOOPBACK = re.compile(r"http://(127\.0\.0\.1|\[::1\]|localhost)(?::[0-9]{1,5})?")
URI_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+")  # RFC 3986 §2 without `#`

# Hosts that exist; more than RFC 3986 §3.2.2 allows, a Content-Security-Policy would take for something else.
HOST = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")


def registrable(uri: str) -> str:
    """The URI itself. Raises ValueError saying what would be right (RFC 6749 §3.1.2, RFC 8252 §7)."""
    if not URI_CHARACTERS.fullmatch(uri):
        raise ValueError("must be an absolute URI without fragment, white space or characters to be escaped")
    parts = urlsplit(uri)
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise ValueError("must have no user name")
    if re.search(r"(^|/)(\.|%2e){1,2}(/|$)", parts.path, re.IGNORECASE):
        raise ValueError("must have no . or .. in its path")
    if "*" in parts.netloc:
        raise ValueError("must name one host, there are no wildcards")
    if parts.netloc and not HOST.fullmatch(parts.netloc):
        raise ValueError("must have a host of letters, digits, - and ., and a port of digits if any")
    match parts.scheme:
        case "https" if parts.hostname:
            return uri
        case "http" if parts.hostname in LOOPBACK_HOSTS:
            return uri
        case "http":
            raise ValueError("must be https, plain http is for a loopback address only")
        case scheme if "." in scheme and not parts.netloc:  # RFC 8252 §7.1
            return uri
    raise ValueError("must begin with https://, http://127.0.0.1 or a scheme like com.example.app:/")


def is_registered(uri: str, registered: Collection[str]) -> bool:
    """Whether the very string was registered; of a loopback address the port may differ (RFC 8252 §7.3)."""
    if uri in registered:
        return True
    portless = _without_port(uri)
    return portless is not None and any(_without_port(other) == portless for other in registered)


def origin(uri: str) -> str | None:
    """The web origin of a registered URI (RFC 6454 §4), None for a scheme of one's own."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc.lower()}" if parts.netloc else None


def _without_port(uri: str) -> str | None:
    found = LOOPBACK.match(uri)
    return found and f"http://{found[1]}{uri[found.end() :]}"
