"""Where a request really comes from."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

UNKNOWN = IPv4Address("0.0.0.0")  # noqa: S104  a peer without an address (a Unix socket), not a place to bind


def client_address(peer: str | None, forwarded_for: Sequence[str], trusted: Sequence[Network]) -> Address:
    """The peer, unless it is a trusted proxy: then the nearest address in X-Forwarded-For that is none.

    `forwarded_for` holds the header's lines as received. What stands left of an address that no trusted proxy
    wrote is the client's own word, and is not believed.
    """
    address = _parse(peer) or UNKNOWN
    if not trusted or not _is_in(address, trusted):
        return address
    for entry in reversed([part for line in forwarded_for for part in line.split(",")]):
        hop = _parse(entry.strip())
        if hop is None:
            break
        address = hop
        if not _is_in(hop, trusted):
            break
    return address


def is_trusted(peer: str | None, trusted: Sequence[Network]) -> bool:
    """Whether whoever speaks to us, not whoever he speaks for, is a proxy that is believed."""
    address = _parse(peer) if trusted else None
    return address is not None and _is_in(address, trusted)


@lru_cache(maxsize=4096)
def _parse(text: str | None) -> Address | None:
    """IPv4 in IPv6 is IPv4: a rule about 10.0.0.0/8 must see it."""
    if not text:
        return None
    try:
        address = ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_in(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
