"""Whether a host can only be this machine, and where it finds itself."""

from __future__ import annotations

from typing import Final

_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "*": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104  where others listen


def is_loopback(host: str) -> bool:
    """Whether a host name can only mean this machine (RFC 6761 §6.3)."""
    return host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost")


def nearest(address: str) -> tuple[str, str]:
    """Host and port by which this machine reaches `address:port` of a listener of its own."""
    host, _, port = address.rpartition(":")
    return _EVERYWHERE.get(host, host), port
