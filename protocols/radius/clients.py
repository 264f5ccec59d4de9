"""The network access servers that may ask, found by where they are: the longest prefix wins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from idp.tenant import Tenant
from keys.secret import Secret
from protocols.radius.settings import ServiceSettings

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, eq=False)
class NAS:
    """One service at this door, whatever number of machines it has. What each packet needs is worked out once."""

    tenant: Tenant
    service: str
    settings: ServiceSettings

    @cached_property
    def secret(self) -> bytes:
        """What it shares with us."""
        return self.settings.secret.reveal().encode()

    @property
    def is_protected(self) -> bool:
        """Whether its packets come through TLS."""
        return False

    @cached_property
    def browser(self) -> Secret:
        """What binds a login to this NAS: it needs no secrecy, since its packets are signed."""
        return Secret(f"radius {self.service}")


class ProtectedNAS(NAS):
    """One behind TLS, which has authenticated it: the secret protects nothing any more (RFC 6614 §2.3)."""

    @cached_property
    def secret(self) -> bytes:
        return b"radsec"

    @property
    def is_protected(self) -> bool:
        return True


class Clients:
    """All of them, of all tenants, on one socket. Most packets come from few addresses, which are looked up once."""

    def __init__(self, tenants: Iterable[Tenant]) -> None:
        self.find = lru_cache(maxsize=4096)(self._find)
        self._networks: dict[tuple[int, int], dict[int, NAS]] = {}  # by (version, prefix length)
        for tenant in tenants:
            for name, service in tenant.services.items():
                if (settings := service.doors.get("radius")) is not None:
                    self._add(NAS(tenant, name, settings))
        self._lengths: Mapping[int, list[int]] = {
            version: sorted((length for of, length in self._networks if of == version), reverse=True)
            for version in (4, 6)
        }

    def _find(self, address: str) -> NAS | None:
        """`find`: the NAS at this address; None for a stranger."""
        parsed = parse(address)
        bits = int(parsed)
        for length in self._lengths[parsed.version]:
            key = bits >> (parsed.max_prefixlen - length)
            if found := self._networks[parsed.version, length].get(key):
                return found
        return None

    def _add(self, nas: NAS) -> None:
        for network in nas.settings.networks:
            length = network.prefixlen
            key = int(network.network_address) >> (network.max_prefixlen - length)
            self._networks.setdefault((network.version, length), {})[key] = nas


def dotted(value: bytes | None) -> str:
    """An attribute with an IPv4 address as text; empty where it has none."""
    return str(IPv4Address(value)) if value is not None and len(value) == 4 else ""


@lru_cache(maxsize=4096)
def parse(text: str) -> Address:
    """An address of a socket; IPv4 in IPv6 is IPv4. Raises ValueError."""
    address = ip_address(text.partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address
