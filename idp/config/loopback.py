"""Whether a host can only be this machine."""

from __future__ import annotations


def is_loopback(host: str) -> bool:
    """Whether a host name can only mean this machine (RFC 6761 §6.3)."""
    return host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost")
