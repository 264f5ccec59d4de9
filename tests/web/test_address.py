"""THREAT_MODEL.md 23: the client's address comes only through configured proxies."""

from ipaddress import ip_address, ip_network

import pytest

from idp.web.address import client_address

PROXIES = [ip_network("10.0.0.0/8"), ip_network("::1/128")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("192.0.2.9", [], "192.0.2.9"),
        (
            "192.0.2.9",
            ["203.0.113.7"],
            "192.0.2.9",
        ),  # the peer is no proxy of ours: its header is its own word
        ("10.0.0.1", ["203.0.113.7"], "203.0.113.7"),
        ("10.0.0.1", ["6.6.6.6, 203.0.113.7"], "203.0.113.7"),  # the left part was there before our proxy
        ("10.0.0.1", ["6.6.6.6", "203.0.113.7, 10.2.2.2"], "203.0.113.7"),
        ("10.0.0.1", ["garbage"], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.7, garbage, 10.2.2.2"], "10.2.2.2"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["[2001:db8::1]"], "2001:db8::1"),
        ("::1", ["fe80::1%eth0"], "fe80::1"),
        (None, ["203.0.113.7"], "0.0.0.0"),
    ],
)
def test_only_trusted_proxies_are_believed(peer: str | None, forwarded: list[str], expected: str) -> None:
    assert client_address(peer, forwarded, PROXIES) == ip_address(expected)


def test_without_proxies_the_header_is_never_read() -> None:
    assert client_address("10.0.0.1", ["203.0.113.7"], []) == ip_address("10.0.0.1")
