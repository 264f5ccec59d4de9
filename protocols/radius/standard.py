"""The attributes of the RFCs that an Access-Accept may hold, and those that are the door's own business."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from protocols.radius.dictionary import Definition, Dictionary

# RFC 2865 §5, RFC 2868 §3, RFC 2869 §5, RFC 3162 §2, RFC 4372, RFC 4675, RFC 4849, RFC 6911.
_TEXTS: Final = {
    "User-Name": 1,
    "Filter-Id": 11,
    "Reply-Message": 18,
    "Callback-Number": 19,
    "Callback-Id": 20,
    "Framed-Route": 22,
    "Login-LAT-Service": 34,
    "Connect-Info": 77,
    "Configuration-Token": 78,
    "Framed-Pool": 88,
    "NAS-Filter-Rule": 92,
    "Framed-IPv6-Route": 99,
    "Framed-IPv6-Pool": 100,
}
_OCTETS: Final = {"Class": 25, "Chargeable-User-Identity": 89, "Egress-VLAN-Name": 58}
_INTEGERS: Final = {
    "Service-Type": 6,
    "Framed-Protocol": 7,
    "Framed-Routing": 10,
    "Framed-MTU": 12,
    "Framed-Compression": 13,
    "Login-Service": 15,
    "Login-TCP-Port": 16,
    "Session-Timeout": 27,
    "Idle-Timeout": 28,
    "Termination-Action": 29,
    "Port-Limit": 62,
    "Password-Retry": 75,
    "Prompt": 76,
    "Acct-Interim-Interval": 85,
    "Egress-VLANID": 56,
    "Ingress-Filters": 57,
}
_ADDRESSES: Final = {"Framed-IP-Address": 8, "Framed-IP-Netmask": 9, "Login-IP-Host": 14}
_ADDRESSES_6: Final = {"Login-IPv6-Host": 98, "Framed-IPv6-Address": 168, "DNS-Server-IPv6-Address": 169}
_PREFIXES_6: Final = {"Framed-IPv6-Prefix": 97, "Delegated-IPv6-Prefix": 123}
_TAGGED_TEXTS: Final = {
    "Tunnel-Client-Endpoint": 66,
    "Tunnel-Server-Endpoint": 67,
    "Tunnel-Private-Group-ID": 81,
    "Tunnel-Assignment-ID": 82,
    "Tunnel-Client-Auth-ID": 90,
    "Tunnel-Server-Auth-ID": 91,
}
_TAGGED_INTEGERS: Final = {"Tunnel-Type": 64, "Tunnel-Medium-Type": 65, "Tunnel-Preference": 83}
_VALUES: Final = {
    "Service-Type": {
        "Login": 1,
        "Login-User": 1,
        "Framed": 2,
        "Framed-User": 2,
        "Callback-Login": 3,
        "Callback-Framed": 4,
        "Outbound": 5,
        "Administrative": 6,
        "Administrative-User": 6,
        "NAS-Prompt": 7,
        "NAS-Prompt-User": 7,
        "Authenticate-Only": 8,
        "Call-Check": 10,
        "Authorize-Only": 17,
    },
    "Framed-Protocol": {"PPP": 1, "SLIP": 2},
    "Termination-Action": {"Default": 0, "RADIUS-Request": 1},
    "Prompt": {"No-Echo": 0, "Echo": 1},
    "Tunnel-Type": {"PPTP": 1, "L2TP": 3, "AH": 6, "IP": 7, "ESP": 9, "GRE": 10, "VLAN": 13},
    "Tunnel-Medium-Type": {"IPv4": 1, "IPv6": 2, "IEEE-802": 6, "802": 6},
}
# Hidden, signed or echoed by the door itself: a dictionary must not put one of them into a reply.
RESERVED: Final = frozenset((2, 3, 24, 33, 60, 79, 80))


def _definitions() -> Iterator[Definition]:
    for kind, names, is_tagged in (
        ("string", _TEXTS, False),
        ("octets", _OCTETS, False),
        ("integer", _INTEGERS, False),
        ("ipaddr", _ADDRESSES, False),
        ("ipv6addr", _ADDRESSES_6, False),
        ("ipv6prefix", _PREFIXES_6, False),
        ("ifid", {"Framed-Interface-Id": 96}, False),
        ("string", _TAGGED_TEXTS, True),
        ("integer", _TAGGED_INTEGERS, True),
    ):
        for name, number in names.items():
            values = {word.casefold(): value for word, value in _VALUES.get(name, {}).items()}
            yield Definition(name, number, kind, is_tagged=is_tagged, values=values)


STANDARD: Final = Dictionary({each.name.casefold(): each for each in _definitions()})
