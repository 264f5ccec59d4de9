"""Which addresses anybody on the Internet could mean, however they are written."""

from __future__ import annotations

import ipaddress
import socket
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# What IANA gives out for the Internet. Elsewhere lie NAT64 of a network's own (RFC 8215), IPv4 in other dress
# (RFC 4291 §2.5.5.1, RFC 2765), and site-local addresses (RFC 3879), all of which Python takes for global.
UNICAST: Final = ipaddress.IPv6Network("2000::/3")
CARRIER: Final = ipaddress.IPv6Network("2002::/16")  # 6to4: an IPv4 address that may be anyone's (RFC 3056)


def is_public(address: Address) -> bool:
    """Whether anybody on the Internet could be meant, and nobody else."""
    address = bare(address)
    if isinstance(address, ipaddress.IPv6Address) and (address not in UNICAST or address in CARRIER):
        return False
    return address.is_global and not address.is_multicast


def bare(address: Address) -> Address:
    """IPv4 in IPv6 is IPv4."""
    return getattr(address, "ipv4_mapped", None) or address


def literal(host: str) -> Address | None:
    """The address that a host is, None for a name. `127.1`, `0x7f000001` and `2130706433` are addresses to sockets."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None
