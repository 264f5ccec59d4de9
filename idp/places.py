"""Where a door that is no web page listens."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from socket import socket


@dataclass(frozen=True, slots=True)
class Places:
    """Open sockets by setting of `listen`; TLS for those that speak it; when to read no more."""

    sockets: Mapping[str, Sequence[socket]]
    tls: ssl.SSLContext | None
    stop: asyncio.Event
    states: dict[str, Callable[[], str]] = field(default_factory=dict)  # how each door stands, for health
